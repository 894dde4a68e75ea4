//! Packages in a `node_modules`.

mod entry;
mod pattern;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tenantry_js::PackageExports;

pub use self::pattern::PackagePattern;

use super::{LoadOptions, Loaded, LoadingError, LoadingStrategy, Revision, blocking, inside};

/// A `package.json` is a few kilobytes.
const MAX_MANIFEST: u64 = 1 << 20;

/// Packages in a `node_modules` whose names fit a pattern: the key is a package's name.
///
/// The package's entry is what its `package.json` says: `exports` (as Node reads them, with the
/// conditions `import`, `node`, `module-sync` and `default`, then with `require` in the place of
/// `import`), else `main`, else `module`, else `index.mjs` or `index.js`. A package may be a link,
/// as pnpm makes them, to something in the same `node_modules`; with [`within`](Self::within), also
/// to a workspace's own folder beside it.
///
/// What the entry exports is the plugin or the tenant: its default export, and `name` and `config`
/// where they are there.
#[derive(Clone, Debug)]
pub struct NodeModules {
    folder: PathBuf,
    within: PathBuf,
    pattern: PackagePattern,
}

impl NodeModules {
    /// The packages of that `node_modules` that fit the pattern.
    pub fn new(folder: impl Into<PathBuf>, pattern: PackagePattern) -> Self {
        let folder = folder.into();
        Self { within: folder.clone(), folder, pattern }
    }

    /// Lets packages be links to folders below this one, too.
    #[must_use]
    pub fn within(mut self, folder: impl Into<PathBuf>) -> Self {
        self.within = folder.into();
        self
    }
}

/// What counts of a `package.json`.
#[derive(Deserialize)]
struct Manifest {
    version: Option<String>,
    exports: Option<PackageExports>,
    main: Option<String>,
    module: Option<String>,
}

impl LoadingStrategy for NodeModules {
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        Box::pin(async move {
            options.only(key, &[])?;
            let (this, key) = (self.clone(), key.to_owned());
            blocking(move || this.package(&key)).await
        })
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        let this = self.clone();
        Box::pin(blocking(move || this.list()))
    }

    /// What the pattern's star stands for.
    fn tenant_of<'k>(&self, key: &'k str) -> &'k str {
        self.pattern.star(key).unwrap_or(key)
    }
}

impl NodeModules {
    fn package(&self, key: &str) -> Result<Loaded, LoadingError> {
        pattern::check_name(key)?;
        if !self.pattern.matches(key) {
            let reason = format!("it does not fit the pattern \"{}\"", self.pattern);
            return Err(LoadingError::invalid_key(key, reason));
        }
        let package = |reason: String| LoadingError::Package { key: key.to_owned(), reason };
        let root = self.find(key)?;
        let path = root.join("package.json");
        let text = read_manifest(&root, &path).map_err(package)?;
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|error| package(format!("{}: {error}", path.display())))?;
        let entry = entry::find(&root, &manifest).map_err(package)?;
        let files = Revision::of_folder(key, &root)?;
        let version = manifest.version.unwrap_or_else(|| "0.0.0".to_owned());
        let revision = Revision::new(format!("{version}+{files}"));
        Ok(Loaded::new(key, root, revision).with_entry(inside::name(&entry)).with_name(key))
    }

    fn find(&self, key: &str) -> Result<PathBuf, LoadingError> {
        let not_found = || LoadingError::NotFound {
            key: key.to_owned(),
            place: self.folder.display().to_string(),
        };
        let root = self.folder.join(key).canonicalize().map_err(|_| not_found())?;
        let homes = [&self.folder, &self.within].into_iter();
        let mut homes = homes.filter_map(|home| home.canonicalize().ok());
        if !homes.any(|home| root.starts_with(home)) {
            let reason = format!("it is a link to {}, outside", root.display());
            return Err(LoadingError::Package { key: key.to_owned(), reason });
        }
        Ok(root)
    }

    fn list(&self) -> Result<Vec<String>, LoadingError> {
        let mut keys = Vec::new();
        for name in folders(&self.folder)? {
            if name.starts_with('@') {
                let scoped = folders(&self.folder.join(&name))?;
                keys.extend(scoped.into_iter().map(|inner| format!("{name}/{inner}")));
            } else {
                keys.push(name);
            }
        }
        keys.retain(|key| pattern::check_name(key).is_ok() && self.pattern.matches(key));
        keys.sort_unstable();
        Ok(keys)
    }
}

fn read_manifest(root: &Path, path: &Path) -> Result<String, String> {
    let said = |error: std::io::Error| format!("{}: {error}", path.display());
    let real = path.canonicalize().map_err(said)?;
    if !real.starts_with(root) {
        return Err(format!("{} is a link out of the package", path.display()));
    }
    let mut text = String::new();
    let file = fs::File::open(&real).map_err(said)?;
    file.take(MAX_MANIFEST + 1).read_to_string(&mut text).map_err(said)?;
    match text.len() as u64 > MAX_MANIFEST {
        true => Err(format!("{} is larger than a megabyte", path.display())),
        false => Ok(text),
    }
}

fn folders(root: &Path) -> Result<Vec<String>, LoadingError> {
    let disk = |cause| LoadingError::disk(root, cause);
    let mut names = Vec::new();
    for entry in fs::read_dir(root).map_err(disk)? {
        let entry = entry.map_err(disk)?;
        if let Ok(name) = entry.file_name().into_string()
            && entry.path().is_dir()
        {
            names.push(name);
        }
    }
    Ok(names)
}
