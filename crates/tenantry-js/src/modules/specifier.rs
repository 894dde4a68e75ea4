//! Specifiers, and paths that stay inside.

use super::ModuleError;

/// What an `import` or `require` names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Specifier<'a> {
    /// `./x` or `../x`: a path joined with the importer's folder, already normal.
    Path(String),
    /// `name`, `@scope/name`, with what follows: `name/sub/path`.
    Package { name: &'a str, rest: &'a str },
}

/// Reads a specifier met in the module `from`.
pub(crate) fn parse<'a>(specifier: &'a str, from: &str) -> Result<Specifier<'a>, ModuleError> {
    let refused = |why| ModuleError::Refused { specifier: specifier.to_owned(), why };
    if specifier.is_empty() {
        return Err(refused("it is empty"));
    }
    if specifier.len() > 1024 {
        return Err(refused("it is longer than 1024 bytes"));
    }
    if specifier.contains(['\0', '\\', '%', '?', '#']) || specifier.chars().any(char::is_control) {
        return Err(refused("it has characters that no module's name has"));
    }
    if specifier.starts_with('/') {
        return Err(refused("absolute paths lead out of the tenant's files"));
    }
    let relative = specifier.starts_with("./")
        || specifier.starts_with("../")
        || specifier == "."
        || specifier == "..";
    if relative {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = join(folder, specifier)
            .ok_or_else(|| refused("the path leads out of the tenant's files"))?;
        return Ok(Specifier::Path(path));
    }
    if specifier.contains(':') {
        return Err(refused("URLs are not imported"));
    }
    let slashes = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(slashes - 1).map_or(specifier.len(), |(at, _)| at);
    let (name, rest) = specifier.split_at(end);
    let rest = rest.trim_start_matches('/');
    let scope = name.strip_prefix('@').unwrap_or(name);
    if scope.split('/').any(|part| part.is_empty() || part.starts_with('.')) {
        return Err(refused("it is no package's name"));
    }
    if rest.split('/').any(|part| part == ".." || part == ".") {
        return Err(refused("a path into a package has no \"..\""));
    }
    Ok(Specifier::Package { name, rest })
}

/// `folder` joined with a relative path; `None` when it leads above the root.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(specifier: &str, from: &str) -> String {
        match parse(specifier, from).unwrap() {
            Specifier::Path(path) => path,
            Specifier::Package { .. } => panic!("a package"),
        }
    }

    #[test]
    fn relative_paths_start_at_the_importers_folder() {
        assert_eq!(path("./a.mjs", "routes/index.mjs"), "routes/a.mjs");
        assert_eq!(path("../a.mjs", "routes/index.mjs"), "a.mjs");
        assert_eq!(path("./x/../a.mjs", ""), "a.mjs");
    }

    #[test]
    fn ways_out_are_refused() {
        for specifier in [
            "..",
            "../x",
            "./../x",
            "/etc/passwd",
            "file:///etc/passwd",
            "data:text/javascript,1",
            "http://localhost/x.mjs",
            "a/../../b",
            ".\\..\\x",
            "./%2e%2e/x",
            "x\0",
            "@a/../b",
            "",
            "@../b",
        ] {
            let answer = parse(specifier, "index.mjs");
            assert!(
                matches!(answer, Err(ModuleError::Refused { .. })),
                "{specifier:?}: {answer:?}"
            );
        }
    }

    #[test]
    fn packages_have_a_name_and_a_rest() {
        let package = |specifier| match parse(specifier, "").unwrap() {
            Specifier::Package { name, rest } => (name.to_owned(), rest.to_owned()),
            Specifier::Path(_) => panic!("a path"),
        };
        assert_eq!(package("lodash"), ("lodash".into(), String::new()));
        assert_eq!(package("lodash/fp.js"), ("lodash".into(), "fp.js".into()));
        assert_eq!(package("@a/b/c/d"), ("@a/b".into(), "c/d".into()));
    }
}
