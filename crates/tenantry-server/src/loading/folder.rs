use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;

use super::{LoadOptions, Loaded, LoadingError, LoadingStrategy, Revision, blocking};

/// Folders in a local folder: the key is the name of one.
///
/// A link among them is followed if it stays inside. A folder's revision is made of its files'
/// names, sizes and times of change.
#[derive(Clone, Debug)]
pub struct LocalFolders {
    root: PathBuf,
}

impl LocalFolders {
    /// The folders in this one. It need not be there yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl LoadingStrategy for LocalFolders {
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        Box::pin(async move {
            options.only(key, &[])?;
            let (base, key) = (self.root.clone(), key.to_owned());
            blocking(move || {
                let root = find(&base, &key)?;
                let revision = Revision::of_folder(&key, &root)?;
                Ok(Loaded::new(key, root, revision))
            })
            .await
        })
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        let root = self.root.clone();
        Box::pin(blocking(move || list(&root)))
    }
}

/// A folder by its name, where it really is.
fn find(base: &Path, key: &str) -> Result<PathBuf, LoadingError> {
    check_name(key)?;
    let place = || base.display().to_string();
    let not_found = || LoadingError::NotFound { key: key.to_owned(), place: place() };
    let Ok(base) = base.canonicalize() else { return Err(not_found()) };
    let Ok(root) = base.join(key).canonicalize() else { return Err(not_found()) };
    if !root.starts_with(&base) {
        return Err(LoadingError::invalid_key(key, format!("it is a link out of {}", place())));
    }
    if !root.is_dir() {
        return Err(LoadingError::invalid_key(key, "it is a file and not a folder"));
    }
    Ok(root)
}

/// A name that can only be something directly in a folder.
pub(super) fn check_name(key: &str) -> Result<(), LoadingError> {
    let reason = match key {
        "" => "it is empty",
        _ if key.starts_with('.') => "a name does not begin with a dot",
        _ if key.contains(['/', '\\', '\0']) => "it is a path and not a name",
        _ => return Ok(()),
    };
    Err(LoadingError::invalid_key(key, reason))
}

fn list(root: &Path) -> Result<Vec<String>, LoadingError> {
    let entries = root.read_dir().map_err(|cause| LoadingError::disk(root, cause))?;
    let mut keys = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| LoadingError::disk(root, cause))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if check_name(&name).is_ok() && entry.path().is_dir() {
            keys.push(name);
        }
    }
    keys.sort_unstable();
    Ok(keys)
}
