//! Packages in a `node_modules`.

mod entry;
mod pattern;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::{self, Read},
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

    /// Where nothing is installed, there is nothing. Whatever else keeps a folder from being read is an error: one of the
    /// packages that would be missing may be what keeps strangers out.
    fn list(&self) -> Result<Vec<String>, LoadingError> {
        if matches!(self.folder.try_exists(), Ok(false)) {
            return Ok(Vec::new());
        }
        let fits = |key: &str| pattern::check_name(key).is_ok() && self.pattern.matches(key);
        let mut keys = folders(&self.folder, fits)?;
        for scope in folders(&self.folder, |name| self.pattern.may_be_in(name))? {
            let key = |name: &str| format!("{scope}/{name}");
            let inside = folders(&self.folder.join(&scope), |name| fits(&key(name)))?;
            keys.extend(inside.iter().map(|name| key(name)));
        }
        keys.sort_unstable();
        Ok(keys)
    }
}

fn read_manifest(root: &Path, path: &Path) -> Result<String, String> {
    let said = |error: io::Error| format!("{}: {error}", path.display());
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

/// The folders in a folder, of those names that are wanted.
fn folders(root: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, LoadingError> {
    let disk = |cause| LoadingError::disk(root, cause);
    let mut names = Vec::new();
    for entry in fs::read_dir(root).map_err(disk)? {
        let entry = entry.map_err(disk)?;
        if let Ok(name) = entry.file_name().into_string()
            && is_wanted(&name)
            && is_folder(&entry).map_err(disk)?
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether it is a folder, or a link to one. A link that leads nowhere is none.
fn is_folder(entry: &fs::DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if !kind.is_symlink() {
        return Ok(kind.is_dir());
    }
    match fs::metadata(entry.path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        metadata => Ok(metadata?.is_dir()),
    }
}
