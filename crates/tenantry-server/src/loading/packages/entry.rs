use std::path::{Path, PathBuf};

use super::Manifest;
use crate::loading::inside;

/// The module that a package begins with, relative to it.
pub(super) fn find(root: &Path, manifest: &Manifest) -> Result<PathBuf, String> {
    if let Some(exports) = &manifest.exports {
        let target = exports.main().ok_or(
            "\"exports\" of its package.json has nothing for the package itself: \".\" with import, \
             node, default or require",
        )?;
        if !target.starts_with("./") {
            return Err(format!("\"exports\": \"{target}\" does not begin with ./"));
        }
        return file(root, "exports", target, &[""]);
    }
    const SUFFIXES: [&str; 7] =
        ["", ".mjs", ".js", ".cjs", "/index.mjs", "/index.js", "/index.cjs"];
    if let Some(main) = &manifest.main {
        return file(root, "main", main, &SUFFIXES);
    }
    if let Some(module) = &manifest.module {
        return file(root, "module", module, &SUFFIXES);
    }
    file(root, "main", "index", &[".mjs", ".js", ".cjs"])
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
