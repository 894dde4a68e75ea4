use std::path::{Path, PathBuf};

use tenantry_js::PackageExports;

use super::Manifest;
use crate::loading::inside;

/// What `exports` are asked with: the conditions of `import`, and where these lead nowhere those of
/// `require`, for a package that is CommonJS alone. Either is loaded by `import`, so that
/// `module-sync` holds for both.
const CONDITIONS: [[&str; 3]; 2] =
    [["node", "import", "module-sync"], ["node", "require", "module-sync"]];

/// The module that a package begins with, relative to it.
pub(super) fn find(root: &Path, manifest: &Manifest) -> Result<PathBuf, String> {
    if let Some(exports) = &manifest.exports {
        return file(root, "exports", &exported(exports)?, &[""]);
    }
    const SUFFIXES: [&str; 7] =
        ["", ".mjs", ".js", ".cjs", "/index.mjs", "/index.js", "/index.cjs"];
    for (key, path) in [("main", &manifest.main), ("module", &manifest.module)] {
        // To Node, one that is empty is none.
        if let Some(path) = path.as_deref().filter(|path| !path.is_empty()) {
            return file(root, key, path, &SUFFIXES);
        }
    }
    file(root, "main", "index", &[".mjs", ".js", ".cjs"])
}

/// The path that `exports` have for the package itself.
fn exported(exports: &PackageExports) -> Result<String, String> {
    for conditions in CONDITIONS {
        match exports.entry(&conditions).map_err(|error| error.to_string())? {
            Some(path) if path.ends_with('/') => {
                return Err(format!("\"exports\": {path:?} is a folder"));
            }
            Some(path) => return Ok(path),
            None => {}
        }
    }
    Err("\"exports\" of its package.json has nothing for the package itself: \".\" with import, \
         node, default or require, and no conditions beside \".\""
        .to_owned())
}

/// A file of the package, by what a key of its package.json says.
fn file(root: &Path, key: &str, target: &str, suffixes: &[&str]) -> Result<PathBuf, String> {
    let refuse = |reason: &str| format!("\"{key}\": \"{}\" {reason}", target.escape_debug());
    for suffix in suffixes {
        let named = format!("{}{suffix}", target.trim_end_matches('/'));
        let inside = inside::read(&named)
            .map_err(|reason| format!("{}: {reason}", refuse("leads out of the package")))?;
        let Ok(real) = root.join(&inside).canonicalize() else { continue };
        if !real.starts_with(root) {
            return Err(refuse("is a link out of the package"));
        }
        if real.is_file() {
            return Ok(inside);
        }
    }
    Err(refuse("is not there"))
}
