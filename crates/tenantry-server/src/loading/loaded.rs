use std::{
    any::Any,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::Revision;

/// A local folder with the code of a plugin or a tenant. It is read and never written.
#[derive(Clone)]
pub struct Loaded {
    key: String,
    root: PathBuf,
    entry: Option<String>,
    name: Option<String>,
    revision: Revision,
    keep: Option<Arc<dyn Any + Send + Sync>>,
}

impl Loaded {
    /// A folder as it is.
    pub fn new(key: impl Into<String>, root: impl Into<PathBuf>, revision: Revision) -> Self {
        let (key, root) = (key.into(), root.into());
        Self { key, root, entry: None, name: None, revision, keep: None }
    }

    /// The module that begins a plugin, relative to the root, where it is known: a package says so
    /// in its `package.json`.
    #[must_use]
    pub fn with_entry(mut self, entry: impl Into<String>) -> Self {
        self.entry = Some(entry.into());
        self
    }

    /// The name it gives itself.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Something that is dropped when nobody uses the folder any more, such as its place in a
    /// cache.
    #[must_use]
    pub fn keeping(mut self, keep: Arc<dyn Any + Send + Sync>) -> Self {
        self.keep = Some(keep);
        self
    }

    /// The key it was loaded by.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The folder. It stays for as long as this value or a clone of it lives.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The module that begins a plugin, relative to the root and with `/` between its parts:
    /// `index.mjs`, `dist/plugin.js`. None where the folder's own structure says.
    #[must_use]
    pub fn entry(&self) -> Option<&str> {
        self.entry.as_deref()
    }

    /// The name it gives itself, as a package does.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What version of the files this is.
    #[must_use]
    pub fn revision(&self) -> &Revision {
        &self.revision
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("key", &self.key)
            .field("root", &self.root)
            .field("entry", &self.entry)
            .field("name", &self.name)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
