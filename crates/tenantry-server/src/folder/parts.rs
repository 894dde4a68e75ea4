//! The parts of one kind: a file each.

use std::path::Path;

use tenantry_fastify::{ModuleRef, PartError};

use super::{
    entries::{Entries, joined},
    wrong,
};

/// The parts in a folder, by their files' names.
pub(super) fn parts(
    root: &Path,
    kind: &'static str,
    folder: &str,
    extensions: &[&str],
    errors: &mut Vec<PartError>,
) -> Vec<ModuleRef> {
    let Some(entries) = Entries::read(root, folder, errors) else {
        return Vec::new();
    };
    let mut parts: Vec<ModuleRef> = Vec::new();
    for file in &entries.files {
        let Some(name) = stem(file, extensions) else {
            continue;
        };
        let module = joined(folder, file);
        match parts.iter().find(|part| part.name == name) {
            Some(other) => {
                let message = format!("there is {} already; keep one of them", other.module);
                errors.push(wrong(format!("{kind} {name}"), module, message));
            }
            None => parts.push(ModuleRef::new(name, module)),
        }
    }
    parts
}

/// The only file of this name, whatever it ends in.
pub(super) fn only(
    entries: &Entries,
    name: &str,
    extensions: &[&str],
    errors: &mut Vec<PartError>,
) -> Option<String> {
    let mut found = entries.files.iter().filter(|file| stem(file, extensions) == Some(name));
    let first = found.next()?;
    for other in found {
        errors.push(wrong(name, other, format!("there is {first} already; keep one of them")));
    }
    Some(first.clone())
}

/// A file's name without its extension, if that is one of these. Declarations of types are no code.
pub(super) fn stem<'a>(file: &'a str, extensions: &[&str]) -> Option<&'a str> {
    let (stem, extension) = file.rsplit_once('.')?;
    let is_declaration = extension == "ts" && stem.ends_with(".d");
    (extensions.contains(&extension) && !stem.is_empty() && !is_declaration).then_some(stem)
}
