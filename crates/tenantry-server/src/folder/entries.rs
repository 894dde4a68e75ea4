//! What is in a folder, by name.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use tenantry_fastify::PartError;

use super::wrong;

/// The entries of one folder, in the order of their names. Hidden ones are left out.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) files: Vec<String>,
    pub(super) folders: Vec<String>,
}

impl Entries {
    /// Reads the folder `within` below `root`. Links are followed within the root, and refused
    /// where they lead out of it.
    pub(super) fn read(root: &Path, within: &str, errors: &mut Vec<PartError>) -> Option<Self> {
        let folder = root.join(within);
        let part = if within.is_empty() { "folder" } else { within };
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(error) => {
                errors.push(wrong(part, within, format!("it cannot be read: {error}")));
                return None;
            }
        };
        let mut entries = Self { files: Vec::new(), folders: Vec::new() };
        for entry in listing {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    errors.push(wrong(part, within, format!("it cannot be read: {error}")));
                    return None;
                }
            };
            let name = entry.file_name();
            if is_hidden(&name) {
                continue;
            }
            let Some(name) = name.to_str().map(ToOwned::to_owned) else {
                let shown = name.to_string_lossy();
                errors.push(wrong(part, shown, "the name of this file is not UTF-8"));
                continue;
            };
            match kind(root, &entry.path()) {
                Ok(Kind::File) => entries.files.push(name),
                Ok(Kind::Folder) => entries.folders.push(name),
                Ok(Kind::Other) => {}
                Err(message) => errors.push(wrong(part, joined(within, &name), message)),
            }
        }
        entries.files.sort_unstable();
        entries.folders.sort_unstable();
        Some(entries)
    }

    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.folders.iter().any(|folder| folder == name)
    }
}

/// A name in a folder, as modules are named.
pub(super) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

enum Kind {
    File,
    Folder,
    Other,
}

fn kind(root: &Path, path: &Path) -> Result<Kind, String> {
    let unreadable = |error| format!("it cannot be read: {error}");
    let mut metadata = fs::symlink_metadata(path).map_err(unreadable)?;
    if metadata.is_symlink() {
        let target = fs::canonicalize(path).map_err(unreadable)?;
        let root: PathBuf = fs::canonicalize(root).map_err(unreadable)?;
        if !target.starts_with(&root) {
            return Err("this link leads out of the tenant's folder".to_owned());
        }
        metadata = fs::metadata(path).map_err(unreadable)?;
    }
    Ok(match metadata.file_type() {
        kind if kind.is_file() => Kind::File,
        kind if kind.is_dir() => Kind::Folder,
        _ => Kind::Other,
    })
}
