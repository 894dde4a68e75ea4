//! Choosing the directory: the one asked for, or one that PostgreSQL's account can reach.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::Home;
use crate::account::Account;
use crate::error::{DevDbError, Result};

/// Takes the directory that is asked for. If PostgreSQL's account cannot reach that (we are root,
/// and it is below `/root`), takes one below `/var/tmp` that is always the same for it.
pub(crate) fn choose(asked: &Path, account: Account) -> Result<Home> {
    let asked = std::path::absolute(asked).map_err(DevDbError::io("find", asked))?;
    if account.reaches(nearest_existing(&asked))? {
        take(&asked, account)?;
        if account.reaches(&asked)? {
            return Ok(Home { root: asked, account, asked: None });
        }
    }
    let instead = instead_of(&asked);
    tracing::warn!(
        asked = %asked.display(), instead = %instead.display(),
        "PostgreSQL's account cannot reach the data directory that was asked for"
    );
    if instead.is_symlink() {
        return Err(DevDbError::data_dir(
            &instead,
            "it is a link, and anyone can make those there",
        ));
    }
    take(&instead, account)?;
    if !account.reaches(&instead)? {
        return Err(DevDbError::data_dir(&asked, "PostgreSQL's account cannot reach it"));
    }
    Ok(Home { root: instead, account, asked: Some(asked) })
}

fn nearest_existing(path: &Path) -> &Path {
    path.ancestors().find(|it| it.exists()).unwrap_or(Path::new("/"))
}

/// Makes the directory ours, if it is new, empty or was ours before.
fn take(dir: &Path, account: Account) -> Result<()> {
    match DirBuilder::new().recursive(true).mode(0o755).create(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(DevDbError::data_dir(dir, "it is a file and not a directory"));
        }
        Err(error) => return Err(DevDbError::io("create", dir)(error)),
    }
    let owner = fs::metadata(dir).map_err(DevDbError::io("read", dir))?.uid();
    if account != Account::Own && owner != 0 {
        let reason = format!("it belongs to user {owner}; start as that user, or name another");
        return Err(DevDbError::data_dir(dir, reason));
    }
    let mut entries = fs::read_dir(dir).map_err(DevDbError::io("read", dir))?;
    // The lock file is the first that is ever made, also by another program at this moment.
    if entries.next().is_some() && !dir.join("start.lock").exists() {
        let reason = "it holds other files; name an empty directory, or one that does not exist";
        return Err(DevDbError::data_dir(dir, reason));
    }
    if account != Account::Own {
        fs::set_permissions(dir, account.passage())
            .map_err(DevDbError::io("set the permissions of", dir))?;
    }
    Ok(())
}

fn instead_of(asked: &Path) -> PathBuf {
    let shared = Path::new("/var/tmp");
    let parent = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    parent.join(format!("tenantry-{:016x}", fnv1a(asked.as_os_str().as_encoded_bytes())))
}

/// A hash that is the same in every build and release, which the standard library's is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_chosen_instead_is_always_the_same() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(instead_of(Path::new("/root/x")), instead_of(Path::new("/root/x")));
        assert_ne!(instead_of(Path::new("/root/x")), instead_of(Path::new("/root/y")));
    }

    #[test]
    fn a_directory_with_other_files_is_refused() {
        let temp = tempfile::tempdir_in("/tmp").unwrap();
        fs::write(temp.path().join("thesis.tex"), "important").unwrap();
        let error = take(temp.path(), Account::choose().unwrap()).unwrap_err();
        assert_eq!(error.code(), "DATA_DIR_INVALID");
        assert!(error.to_string().contains("holds other files"), "{error}");
    }

    #[test]
    fn a_file_is_refused() {
        let file = tempfile::NamedTempFile::new_in("/tmp").unwrap();
        let error = take(file.path(), Account::choose().unwrap()).unwrap_err();
        assert_eq!(error.code(), "DATA_DIR_INVALID");
    }
}
