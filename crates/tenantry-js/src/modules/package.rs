//! package.json: how a package says where its modules are.

use serde::Deserialize;
use serde_json::Value;

use super::ModuleKind;

/// The conditions of `exports` that hold here, whichever comes first in the file.
const CONDITIONS: [&str; 5] = ["node", "import", "module-sync", "require", "default"];

/// What of a package.json is read.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    main: Option<String>,
    module: Option<String>,
    exports: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn parse(text: &str) -> serde_json::Result<Package> {
    serde_json::from_str(text)
}

impl Package {
    pub(super) fn has_exports(&self) -> bool {
        self.exports.is_some()
    }

    /// `module`, or else `main`.
    pub(super) fn main(&self) -> Option<&str> {
        self.module.as_deref().or(self.main.as_deref()).filter(|main| !main.is_empty())
    }

    /// What `"type"` says of `.js` files.
    pub(super) fn kind(&self) -> Option<ModuleKind> {
        match self.kind.as_deref() {
            Some("module") => Some(ModuleKind::Esm),
            Some("commonjs") => Some(ModuleKind::CommonJs),
            _ => None,
        }
    }

    /// Where `exports` leads for a path into the package, `""` for the package itself.
    pub(super) fn export(&self, rest: &str) -> Option<String> {
        let exports = self.exports.as_ref()?;
        let asked = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
        let paths = exports
            .as_object()
            .filter(|object| object.keys().next().is_some_and(|key| key.starts_with('.')));
        let Some(paths) = paths else {
            return if rest.is_empty() { target(exports, "") } else { None };
        };
        if let Some(value) = paths.get(&asked) {
            return target(value, "");
        }
        // The pattern with the longest beginning wins.
        let mut best: Option<(&str, &str, &Value)> = None;
        for (key, value) in paths {
            let Some((before, after)) = key.split_once('*') else { continue };
            let Some(star) = asked.strip_prefix(before).and_then(|end| end.strip_suffix(after))
            else {
                continue;
            };
            if best.is_none_or(|(known, _, _)| before.len() > known.len()) {
                best = Some((before, star, value));
            }
        }
        let (_, star, value) = best?;
        target(value, star)
    }
}

fn target(value: &Value, star: &str) -> Option<String> {
    match value {
        Value::String(path) => Some(path.replace('*', star)),
        Value::Array(list) => list.iter().find_map(|value| target(value, star)),
        Value::Object(conditions) => conditions
            .iter()
            .filter(|(name, _)| CONDITIONS.contains(&name.as_str()))
            .find_map(|(_, value)| target(value, star)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(json: &str, rest: &str) -> Option<String> {
        parse(json).unwrap().export(rest)
    }

    #[test]
    fn exports_are_a_path_conditions_or_paths_of_conditions() {
        assert_eq!(export(r#"{"exports": "./a.js"}"#, ""), Some("./a.js".into()));
        assert_eq!(export(r#"{"exports": {"import": "./a.mjs"}}"#, ""), Some("./a.mjs".into()));
        let nested =
            r#"{"exports": {".": {"types": "./a.d.ts", "default": "./a.js"}, "./b": null}}"#;
        assert_eq!(export(nested, ""), Some("./a.js".into()));
        assert_eq!(export(nested, "b"), None);
        assert_eq!(export(nested, "c"), None);
    }

    #[test]
    fn the_longest_pattern_wins() {
        let json = r#"{"exports": {"./*": "./all/*.js", "./x/*": "./x/*.mjs"}}"#;
        assert_eq!(export(json, "a"), Some("./all/a.js".into()));
        assert_eq!(export(json, "x/a"), Some("./x/a.mjs".into()));
    }

    #[test]
    fn module_comes_before_main() {
        let package = parse(r#"{"main": "a.cjs", "module": "a.mjs", "type": "module"}"#).unwrap();
        assert_eq!(package.main(), Some("a.mjs"));
        assert_eq!(package.kind(), Some(ModuleKind::Esm));
    }
}
