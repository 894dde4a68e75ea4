//! `postmaster.pid`, in which a server tells how far it is.

use std::fs;

use crate::error::{DevDbError, Result};
use crate::home::Home;
use crate::process::Known;

/// What a living server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) postmaster: Known,
    pub(crate) status: Status,
}

/// How far a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not yet taking connections, or no longer.
    Busy,
    /// Taking connections.
    Ready,
}

/// What the server says, if it lives: the file alone proves nothing.
pub(crate) fn read(home: &Home) -> Option<PidFile> {
    let text = fs::read_to_string(home.data().join("postmaster.pid")).ok()?;
    let (pid, status) = parse(&text)?;
    let postmaster = Known::find(pid, &[home.data()])?;
    Some(PidFile { postmaster, status })
}

/// Removes the file that a server left which did not end well. PostgreSQL does it by itself, but
/// not if another process has been given the old id in the meantime.
///
/// To be called with the server's lock held: then no server that we started lives.
pub(crate) fn remove_stale(home: &Home) -> Result<()> {
    if let Some(alive) = read(home) {
        return Err(DevDbError::Foreign { path: home.data(), pid: alive.postmaster.pid });
    }
    let path = home.data().join("postmaster.pid");
    match fs::remove_file(&path) {
        Ok(()) => {
            tracing::info!(path = %path.display(), "removed what a crashed server left");
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DevDbError::io("remove", &path)(error)),
    }
}

/// Lines: id, data directory, start time, port, socket directory, address, shared memory, status.
fn parse(text: &str) -> Option<(u32, Status)> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let status = match lines.nth(6).map(str::trim) {
        Some("ready") => Status::Ready,
        _ => Status::Busy,
    };
    Some((pid, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "4711\n/x/data\n1700000000\n20001\n/tmp/s\n127.0.0.1\n  8388 5\n";

    #[test]
    fn it_is_read_at_every_stage_of_a_start() {
        assert_eq!(parse(""), None);
        assert_eq!(parse("4711\n/x/data\n"), Some((4711, Status::Busy)));
        assert_eq!(parse(&format!("{FILE}starting\n")), Some((4711, Status::Busy)));
        assert_eq!(parse(&format!("{FILE}ready   \n")), Some((4711, Status::Ready)));
        assert_eq!(parse(&format!("{FILE}stopping\n")), Some((4711, Status::Busy)));
    }
}
