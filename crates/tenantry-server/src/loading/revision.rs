use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use sha2::{Digest, Sha256};

use super::LoadingError;

/// How many files a local folder may have, so that a link to `/` is an error and not an hour.
const MAX_FILES: u64 = 50_000;

/// What version of the files was loaded: equal revisions of a key have equal files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision(Arc<str>);

impl Revision {
    /// A revision by a name of its own: a digest, an ETag, a version.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a folder is now, by its files' names, sizes and times of change. `node_modules` and
    /// what begins with a dot are left out. Links are not followed.
    pub(super) fn of_folder(key: &str, root: &Path) -> Result<Self, LoadingError> {
        let mut lines = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let absolute = root.join(&folder);
            let entries = std::fs::read_dir(&absolute);
            for entry in entries.map_err(|cause| LoadingError::disk(&absolute, cause))? {
                let entry = entry.map_err(|cause| LoadingError::disk(&absolute, cause))?;
                let name = entry.file_name();
                if name == "node_modules" || name.as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                let relative = folder.join(&name);
                match describe(&entry) {
                    Ok(None) => folders.push(relative),
                    Ok(Some(state)) => lines.push(format!("{} {state}", relative.display())),
                    // Gone between the two looks, as an editor's temporary file.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(cause) => return Err(LoadingError::disk(&entry.path(), cause)),
                }
                if lines.len() as u64 > MAX_FILES {
                    let (limit, unit) = (MAX_FILES, "files");
                    return Err(LoadingError::TooLarge { key: key.to_owned(), limit, unit });
                }
            }
        }
        lines.sort_unstable();
        Ok(Self(super::digest::hex(&Sha256::digest(lines.join("\n"))).into()))
    }
}

/// A file's state; none for a folder.
fn describe(entry: &std::fs::DirEntry) -> io::Result<Option<String>> {
    // Of the entry itself, and not of what a link leads to.
    let metadata = entry.metadata()?;
    if metadata.is_dir() {
        return Ok(None);
    }
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let link = if metadata.is_symlink() {
        std::fs::read_link(entry.path())?.display().to_string()
    } else {
        String::new()
    };
    Ok(Some(format!("{} {} {link}", metadata.len(), changed.as_nanos())))
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
