//! Lock files: `flock`, which the kernel takes back when a process ends in whatever way.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{DevDbError, Result};

/// How often a thing of another process is looked at that tells nobody of its change.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// Opens a lock file, and makes it if it isn't there.
pub(crate) fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(DevDbError::io("open", path))
}

/// The lock, alone, or `None` while anyone else holds it.
pub(crate) fn try_exclusive(path: &Path) -> Result<Option<File>> {
    let file = open(path)?;
    taken(file.try_lock(), path).map(|free| free.then_some(file))
}

/// The lock, alone, waiting for it until the deadline; `None` if that passes.
pub(crate) fn exclusive(path: &Path, deadline: Instant) -> Result<Option<File>> {
    until(deadline, || try_exclusive(path))
}

/// The lock, together with others who take it so, waiting for it until the deadline.
pub(crate) fn shared(path: &Path, deadline: Instant) -> Result<Option<File>> {
    until(deadline, || {
        let file = open(path)?;
        taken(file.try_lock_shared(), path).map(|free| free.then_some(file))
    })
}

/// Tries again and again, and at least once. Waiting in the kernel would have no end.
fn until<T>(
    deadline: Instant,
    mut attempt: impl FnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    loop {
        match attempt()? {
            None if Instant::now() < deadline => sleep(POLL),
            outcome => return Ok(outcome),
        }
    }
}

fn taken(outcome: Result<(), TryLockError>, path: &Path) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(DevDbError::io("lock", path)(error)),
    }
}
