//! A tenant's own folder, and the packages in its `node_modules`.

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::package::{self, Package};
use super::specifier::{self, Specifier};
use super::{Asked, ModuleError, ModuleKind, ModuleSource, ModuleText};

/// The largest file that is read.
const LARGEST: u64 = 8 << 20;
/// What a path without an ending may stand for in an `import`.
const IMPORTED: [&str; 7] = [".mjs", ".js", ".cjs", ".json", ".ts", ".mts", ".cts"];
/// And in a `require`, which reads no ES modules.
const REQUIRED: [&str; 7] = [".js", ".cjs", ".json", ".mjs", ".ts", ".mts", ".cts"];

/// A [`ModuleSource`] over a directory. Nothing outside is reached: no `..` above it, no absolute
/// path, no URL, and no symbolic link that leads out.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Over an existing directory, whose own path may contain symbolic links.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, root.display().to_string()));
        }
        Ok(Self { root })
    }

    /// The directory, without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The canonical name of a file, when it is one and inside.
    fn file(&self, path: &str) -> Result<Option<String>, ModuleError> {
        let Ok(real) = fs::canonicalize(self.root.join(path)) else { return Ok(None) };
        let Ok(inside) = real.strip_prefix(&self.root) else {
            return Err(ModuleError::Refused {
                specifier: path.to_owned(),
                why: "a symbolic link leads out of the tenant's files",
            });
        };
        if !real.is_file() {
            return Ok(None);
        }
        Ok(inside.to_str().map(str::to_owned))
    }

    /// A path as written, with an ending, or a folder's index.
    fn path(&self, path: &str, asked: Asked) -> Result<Option<String>, ModuleError> {
        if let Some(found) = self.file(path)? {
            return Ok(Some(found));
        }
        let endings = match asked {
            Asked::Import => IMPORTED,
            Asked::Require => REQUIRED,
        };
        let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
        for stem in [path, index.as_str()] {
            if stem.is_empty() {
                continue;
            }
            for ending in endings {
                if let Some(found) = self.file(&format!("{stem}{ending}"))? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// A package in the `node_modules` of the importer's folder, or of one above it.
    fn package(
        &self,
        name: &str,
        rest: &str,
        from: &str,
        asked: Asked,
    ) -> Result<Option<String>, ModuleError> {
        let mut folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        loop {
            let at = match folder {
                "" => format!("node_modules/{name}"),
                folder => format!("{folder}/node_modules/{name}"),
            };
            if self.root.join(&at).is_dir() {
                return self.inside_package(&at, rest, asked);
            }
            match folder.rsplit_once('/') {
                Some((above, _)) => folder = above,
                None if folder.is_empty() => return Ok(None),
                None => folder = "",
            }
        }
    }

    fn inside_package(
        &self,
        at: &str,
        rest: &str,
        asked: Asked,
    ) -> Result<Option<String>, ModuleError> {
        let package = self.manifest(at)?;
        if let Some(exports) = package.as_ref().and_then(Package::exports) {
            return match exports.resolve(rest, asked.conditions())? {
                Some(path) => self.file(&format!("{at}/{path}")),
                None => Ok(None),
            };
        }
        let main = if rest.is_empty() {
            package.as_ref().and_then(|package| package.main(asked).map(str::to_owned))
        } else {
            Some(rest.to_owned())
        };
        let path = match main {
            Some(main) => match specifier::join(at, &main).filter(|path| path.starts_with(at)) {
                Some(path) => path,
                None => {
                    return Err(ModuleError::Refused {
                        specifier: main,
                        why: "the package's \"main\" leads out of it",
                    });
                }
            },
            None => at.to_owned(),
        };
        self.path(&path, asked)
    }

    /// The package.json of a folder, when there is one.
    fn manifest(&self, folder: &str) -> Result<Option<Package>, ModuleError> {
        let name = if folder.is_empty() {
            "package.json".to_owned()
        } else {
            format!("{folder}/package.json")
        };
        let Some(name) = self.file(&name)? else { return Ok(None) };
        let text = self.read(&name)?;
        package::parse(&text)
            .map(Some)
            .map_err(|error| ModuleError::Unreadable { name, why: error.to_string() })
    }

    fn read(&self, name: &str) -> Result<String, ModuleError> {
        let unreadable = |why: String| ModuleError::Unreadable { name: name.to_owned(), why };
        let file =
            fs::File::open(self.root.join(name)).map_err(|error| unreadable(error.to_string()))?;
        let mut text = String::new();
        let read = file
            .take(LARGEST + 1)
            .read_to_string(&mut text)
            .map_err(|error| unreadable(error.to_string()))?;
        if read as u64 > LARGEST {
            return Err(unreadable(format!("it is larger than {LARGEST} bytes")));
        }
        Ok(text)
    }

    /// A `.js` is what the nearest package.json says, or else what it looks like.
    fn kind(&self, name: &str, text: &str) -> Result<ModuleKind, ModuleError> {
        if !name.ends_with(".js") {
            return Ok(ModuleKind::of(name));
        }
        let mut folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        loop {
            if let Some(package) = self.manifest(folder)? {
                if let Some(kind) = package.kind() {
                    return Ok(kind);
                }
                break;
            }
            match folder.rsplit_once('/') {
                Some((above, _)) => folder = above,
                None if folder.is_empty() => break,
                None => folder = "",
            }
        }
        Ok(ModuleKind::detect(name, text))
    }

    fn found(&self, specifier: &str, from: &str, asked: Asked) -> Result<String, ModuleError> {
        let parsed = specifier::parse(specifier, from)?;
        let mut found = match &parsed {
            Specifier::Path(path) => self.path(path, asked)?,
            Specifier::Package { name, rest } => self.package(name, rest, from, asked)?,
        };
        // An entry point is a path from the root, with or without "./".
        if found.is_none() && from.is_empty() && matches!(parsed, Specifier::Package { .. }) {
            found = self.path(specifier, asked)?;
        }
        found.ok_or_else(|| ModuleError::NotFound {
            specifier: specifier.to_owned(),
            from: from.to_owned(),
        })
    }
}

impl ModuleSource for Folder {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.found(specifier, from, Asked::Import)
    }

    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.found(specifier, from, Asked::Require)
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        // Checked again: between resolving and loading the file may have become a link.
        match self.file(name)? {
            Some(real) if real == name => {}
            _ => {
                let from = String::new();
                return Err(ModuleError::NotFound { specifier: name.to_owned(), from });
            }
        }
        let text = self.read(name)?;
        let kind = self.kind(name, &text)?;
        Ok(ModuleText { text, kind })
    }
}
