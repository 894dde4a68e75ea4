//! Paths inside of a folder, as an archive or a store names them.

use std::path::{Path, PathBuf};

/// The longest name a file system takes, in bytes.
const MAX_NAME: usize = 255;
/// More folders in one another than code has.
const MAX_DEPTH: usize = 32;

/// Reads a path that leads down from where it begins, and nowhere else. A `.` in it and a slash at
/// its end do not count; what is left may be nothing.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn read(path: &str) -> Result<PathBuf, String> {
    if path.starts_with('/') {
        return Err("it is absolute".to_owned());
    }
    let mut inside = PathBuf::new();
    for (depth, part) in path.split('/').filter(|part| !matches!(*part, "" | ".")).enumerate() {
        if let Some(reason) = refuse(part) {
            return Err(reason.to_owned());
        }
        if depth == MAX_DEPTH {
            return Err(format!("it is more than {MAX_DEPTH} folders deep"));
        }
        inside.push(part);
    }
    Ok(inside)
}

fn refuse(part: &str) -> Option<&'static str> {
    match part {
        ".." => Some("it has \"..\" in it"),
        _ if part.contains('\\') => Some("it has a backslash in it"),
        _ if part.chars().any(char::is_control) => Some("it has control characters in it"),
        _ if part.len() > MAX_NAME => Some("a part of it is longer than 255 bytes"),
        _ if part.as_bytes().get(1) == Some(&b':') => Some("it names a drive"),
        _ => None,
    }
}

/// A path inside with `/` between its parts, as modules are named.
pub(super) fn name(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_down_is_read() {
        for (path, inside) in [
            ("routes/index.mjs", "routes/index.mjs"),
            ("./routes//index.mjs", "routes/index.mjs"),
            ("routes/", "routes"),
            ("", ""),
            ("./", ""),
            ("..a/b..", "..a/b.."),
            ("...", "..."),
        ] {
            assert_eq!(read(path).as_deref(), Ok(Path::new(inside)), "{path}");
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let deep = "a/".repeat(MAX_DEPTH + 1);
        let long = "a".repeat(MAX_NAME + 1);
        for path in [
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a/..",
            "a\\..\\x",
            "C:/x",
            "a\0b",
            "a\nb",
            &deep,
            &long,
        ] {
            assert!(read(path).is_err(), "{path:?}");
        }
    }
}
