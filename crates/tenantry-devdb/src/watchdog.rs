//! The process that stops the server when its last owner has gone. See `watchdog.sh`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::error::{DevDbError, Result};
use crate::home::Home;
use crate::lock::POLL;
use crate::process::Known;

/// The watchdog's name in the process table.
const NAME: &str = "tenantry-devdb-watchdog";

/// How long a watchdog is asked to end before it is made to.
const COURTESY: Duration = Duration::from_secs(2);

/// How long its end is waited for in all.
const GIVE_UP: Duration = Duration::from_secs(10);

const SCRIPT: &str = include_str!("watchdog.sh");

/// What a watchdog does once the last owner has gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Afterwards {
    /// How long it waits for another owner, in whole seconds.
    pub(crate) linger: Duration,
    /// Whether it deletes the data.
    pub(crate) wipe: bool,
}

/// What a watchdog gets as its standard input, output and error.
#[derive(Debug)]
pub(crate) struct Standard {
    /// The pipe that the owners hold.
    pub(crate) owners: Stdio,
    /// The server's lock, which passes to PostgreSQL.
    pub(crate) lock: File,
    /// The log, which PostgreSQL gets too.
    pub(crate) log: File,
}

/// Starts PostgreSQL, by this command line, under a watchdog.
pub(crate) fn start(
    home: &Home,
    afterwards: Afterwards,
    socket_dir: &Path,
    standard: Standard,
    postgres: Vec<OsString>,
) -> Result<()> {
    let mut command = command(home, afterwards, socket_dir);
    command.arg("start").args(postgres);
    let Standard { owners, lock, log } = standard;
    spawn(home, command.stdin(owners).stdout(lock).stderr(log))
}

/// Puts a new watchdog over a server whose own was killed.
pub(crate) fn adopt(
    home: &Home,
    afterwards: Afterwards,
    socket_dir: &Path,
    owners: Stdio,
    log: File,
    postmaster: &Known,
) -> Result<()> {
    let mut command = command(home, afterwards, socket_dir);
    command.arg("adopt").arg(postmaster.pid.to_string());
    spawn(home, command.stdin(owners).stdout(Stdio::null()).stderr(log))
}

/// Whether there is a watchdog.
pub(crate) fn lives(home: &Home) -> bool {
    find(home).is_some()
}

/// Ends the watchdog of a server that is no longer running, so that there is never more than one.
pub(crate) fn end(home: &Home) -> Result<()> {
    let path = home.run().join("watchdog");
    let started = Instant::now();
    while let Some(watchdog) = find(home) {
        let waited = started.elapsed();
        watchdog.signal(if waited < COURTESY { Signal::USR1 } else { Signal::KILL });
        if waited > GIVE_UP {
            let reason = format!("its watchdog (process {}) does not end", watchdog.pid);
            return Err(DevDbError::data_dir(home.root(), reason));
        }
        sleep(POLL);
    }
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DevDbError::io("remove", &path)(error))
        }
        _ => Ok(()),
    }
}

fn find(home: &Home) -> Option<Known> {
    let text = fs::read_to_string(home.run().join("watchdog")).ok()?;
    Known::find(text.trim().parse().ok()?, &[NAME.as_ref(), home.root()])
}

fn command(home: &Home, afterwards: Afterwards, socket_dir: &Path) -> Command {
    let mut command = home.account().command("/bin/sh");
    command
        .args(["-c", SCRIPT, NAME])
        .arg(home.root())
        .arg(afterwards.linger.as_secs().to_string())
        .arg(if afterwards.wipe { "wipe" } else { "keep" })
        .arg(socket_dir)
        // Ctrl-C at the terminal is for the program, which has to drain before its server stops.
        .process_group(0);
    command
}

fn spawn(home: &Home, command: &mut Command) -> Result<()> {
    let mut child = command.spawn().map_err(DevDbError::io("start PostgreSQL in", home.root()))?;
    // Somebody has to wait for it, or it stays in the process table for as long as we live.
    let reaper = thread::Builder::new().name("tenantry-devdb".to_owned());
    let waiting = reaper.spawn(move || child.wait());
    waiting.map(drop).map_err(DevDbError::io("wait for PostgreSQL in", home.root()))
}
