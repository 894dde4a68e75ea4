//! Directories of databases that nobody wants to keep.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::Home;
use crate::account::Account;
use crate::error::{DevDbError, Result};
use crate::lock;

const PREFIX: &str = "tenantry-devdb-";

/// A younger directory may be one that its program is about to start a server in.
const OLD: Duration = Duration::from_secs(600);

/// A new directory. Those of programs that were killed are swept on the way: the watchdog deletes
/// the data in them, and not always the directory.
pub(crate) fn temporary(account: Account) -> Result<Home> {
    let tmp = Path::new("/tmp");
    let parent = if tmp.is_dir() { tmp.to_owned() } else { std::env::temp_dir() };
    sweep(&parent);
    let dir = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(account.passage())
        .disable_cleanup(true)
        .tempdir_in(&parent)
        .map_err(DevDbError::io("create a directory in", &parent))?;
    let root = dir.path().to_owned();
    // The permissions again, since making a directory heeds the umask.
    fs::set_permissions(&root, account.passage())
        .map_err(DevDbError::io("set the permissions of", &root))?;
    Ok(Home { root, account, asked: None })
}

fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_left(&entry.path()) {
            tracing::debug!(path = %entry.path().display(), "removing a temporary database");
            // What cannot be removed now is tried again the next time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a directory is old, and no owner and no server is in it.
fn is_left(dir: &Path) -> bool {
    let old = fs::symlink_metadata(dir)
        .ok()
        .filter(|it| it.is_dir() && it.uid() == rustix::process::geteuid().as_raw())
        .and_then(|it| it.modified().ok()?.elapsed().ok())
        .is_some_and(|age| age > OLD);
    old && ["owners.lock", "server.lock"].iter().all(|name| {
        let path = dir.join(name);
        !path.exists() || matches!(lock::try_exclusive(&path), Ok(Some(_)))
    })
}
