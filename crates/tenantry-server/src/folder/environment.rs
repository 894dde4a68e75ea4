//! A tenant's own environment: the file `.env` in its folder.

use std::{collections::BTreeMap, io, path::Path};

use tenantry_fastify::PartError;

use super::wrong;

const FILE: &str = ".env";
/// The most it may have, in bytes.
const LARGEST: u64 = 64 << 10;

/// Reads the variables. Nothing of the process's own environment is among them.
pub(super) fn read(root: &Path, errors: &mut Vec<PartError>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let text = match own_text(&root.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return variables,
        Err(error) => {
            errors.push(wrong("environment", FILE, format!("it cannot be read: {error}")));
            return variables;
        }
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        match line
            .split_once('=')
            .and_then(|(name, value)| Some((name_of(name)?, value_of(value)?)))
        {
            Some((name, value)) => {
                variables.insert(name, value);
            }
            None => {
                let message = "write NAME=value, or NAME=\"value\" where it has blanks or a #";
                let error = wrong("environment", FILE, message);
                // The line itself may hold a secret.
                errors.push(PartError { line: Some(number), ..error });
            }
        }
    }
    variables
}

/// The text of a file that is one, and no link: whoever may write into the folder would read with it
/// what the server may read.
fn own_text(path: &Path) -> io::Result<String> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_file() {
        let reason = "it is a link, or no file at all";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 KB"));
    }
    std::fs::read_to_string(path)
}

fn name_of(name: &str) -> Option<String> {
    let name = name.trim();
    let is_legal = |(index, byte): (usize, u8)| {
        byte == b'_' || byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit())
    };
    (!name.is_empty() && name.bytes().enumerate().all(is_legal)).then(|| name.to_owned())
}

/// In quotes, as it stands between them (with `\n`, `\"` and `\\` in double ones); else up to a comment.
fn value_of(value: &str) -> Option<String> {
    let value = value.trim();
    if let Some(inside) = value.strip_prefix('\'') {
        return inside
            .strip_suffix('\'')
            .filter(|inside| !inside.contains('\''))
            .map(str::to_owned);
    }
    let Some(inside) = value.strip_prefix('"') else {
        let end = value.find(" #").unwrap_or(value.len());
        return Some(value[..end].trim_end().to_owned());
    };
    let mut text = String::new();
    let mut characters = inside.chars();
    loop {
        match characters.next()? {
            '"' => return characters.as_str().trim().is_empty().then_some(text),
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}
