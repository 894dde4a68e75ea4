//! The named pipe by which the watchdog sees the last owner go.
//!
//! Each owner holds it open for writing. The kernel closes it when the owner ends in whatever way,
//! so nothing has to be cleaned up, and reading ends when the last one has gone.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{FileType, Mode, OFlags, fcntl_setfl, open};
use rustix::io::Errno;

use crate::error::{DevDbError, Result};
use crate::home::Home;

/// An owner's end. Holding it is what keeps the server running.
#[derive(Debug)]
pub(crate) struct Hold {
    _writer: File,
}

/// What became of an attempt to hold the pipe.
#[derive(Debug)]
pub(crate) enum Door {
    /// It is held.
    Open(Hold),
    /// The watchdog is about to stop the server, or may change its mind.
    Closed,
    /// There is no watchdog: somebody killed it.
    Unwatched,
}

/// Holds the pipe, if a watchdog reads it.
pub(crate) fn knock(home: &Home) -> Result<Door> {
    match open_writer(&path(home)) {
        Ok(writer) => announce(writer, home),
        Err(Errno::NOENT) => Ok(Door::Closed),
        Err(Errno::NXIO) => Ok(Door::Unwatched),
        Err(error) => Err(DevDbError::io("open", &path(home))(error.into())),
    }
}

/// Holds the pipe, and gives the end to read from for a watchdog that is to be spawned with it.
/// To be called with the start lock held and no watchdog alive.
pub(crate) fn make(home: &Home) -> Result<(Hold, Stdio)> {
    let path = path(home);
    reopen(home, &path)?;
    let failed = |error: Errno| DevDbError::io("open", &path)(error.into());
    // Without waiting, since each end waits for the other; the watchdog then reads waiting.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let reader = open(&path, flags, Mode::empty()).map_err(failed)?;
    let writer = open_writer(&path).map_err(failed)?;
    fcntl_setfl(&reader, OFlags::empty()).map_err(failed)?;
    match announce(writer, home)? {
        Door::Open(hold) => Ok((hold, Stdio::from(reader))),
        Door::Closed | Door::Unwatched => Err(failed(Errno::PIPE)),
    }
}

/// Makes the pipe. If a watchdog died with its door closed, opens that again: it is the pipe which
/// the living owners hold.
fn reopen(home: &Home, path: &Path) -> Result<()> {
    let closed = home.run().join("closing");
    if !path.exists() && closed.exists() {
        fs::rename(&closed, path).map_err(DevDbError::io("create", path))?;
    }
    if path.exists() {
        return Ok(());
    }
    let mkfifo = home.account().command("mkfifo").args(["-m", "600"]).arg(path).output();
    let output = mkfifo.map_err(DevDbError::io("run mkfifo for", path))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(DevDbError::io("create", path)(std::io::Error::other(said)));
    }
    Ok(())
}

fn open_writer(path: &Path) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let writer = File::from(open(path, flags, Mode::empty())?);
    let is_pipe = FileType::from_raw_mode(rustix::fs::fstat(&writer)?.st_mode) == FileType::Fifo;
    if is_pipe { Ok(writer) } else { Err(Errno::INVAL) }
}

fn announce(mut writer: File, home: &Home) -> Result<Door> {
    match writer.write_all(b"owner\n") {
        Ok(()) => Ok(Door::Open(Hold { _writer: writer })),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Door::Unwatched),
        Err(error) => Err(DevDbError::io("write", &path(home))(error)),
    }
}

fn path(home: &Home) -> PathBuf {
    home.run().join("owners")
}
