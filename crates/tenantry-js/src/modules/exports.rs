//! `exports` of a package.json: the file that a path into the package means.

use serde::Deserialize;

use super::ModuleError;
use super::target::{Lead, Target};

/// `exports` of a package.json, read as Node reads them.
///
/// They are a path, conditions in the order they are written, a list whose first valid target
/// counts, or any of these by paths into the package, which may have a star. A `null` exports
/// nothing. A target begins with `./`, is no longer than 1024 bytes, and leads neither up nor into
/// a `node_modules`.
///
/// To Node, `"exports": null` is as good as none: read an `Option` of them.
///
/// ```
/// use tenantry_js::PackageExports;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let json = r#"{".": {"import": "./lib/main.mjs", "require": "./lib/main.cjs"}}"#;
/// let exports: PackageExports = serde_json::from_str(json)?;
/// assert_eq!(exports.entry(&["node", "import"])?.as_deref(), Some("lib/main.mjs"));
/// assert_eq!(exports.entry(&["browser"])?, None);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct PackageExports(Target);

impl PackageExports {
    /// What the package itself means, as a path in it such as `lib/main.mjs`, when these conditions
    /// hold, and `default`, which always does. `None` when nothing is exported under them.
    ///
    /// Whether there is such a file is not looked at.
    ///
    /// # Errors
    ///
    /// [`ModuleError::Refused`] for a target that is no path inside the package.
    pub fn entry(&self, conditions: &[&str]) -> Result<Option<String>, ModuleError> {
        self.resolve("", conditions)
    }

    /// The same for a path into the package, `""` for the package itself.
    pub(super) fn resolve(
        &self,
        rest: &str,
        conditions: &[&str],
    ) -> Result<Option<String>, ModuleError> {
        match self.lead(rest, conditions) {
            Lead::To(path) => Ok(Some(path)),
            Lead::Out(target) => Err(ModuleError::Refused {
                specifier: target,
                why: "a target in \"exports\" begins with \"./\" and stays in the package",
            }),
            Lead::Excluded | Lead::Nowhere => Ok(None),
        }
    }

    fn lead(&self, rest: &str, conditions: &[&str]) -> Lead {
        let Some(paths) = self.paths() else {
            return if rest.is_empty() { self.0.lead(None, conditions) } else { Lead::Nowhere };
        };
        // Node refuses conditions beside paths.
        if rest.ends_with('/') || !paths.iter().all(|(key, _)| key.starts_with('.')) {
            return Lead::Nowhere;
        }
        let path = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
        let exact = paths.iter().find(|(key, _)| *key == path && !key.contains('*'));
        if let Some((_, target)) = exact {
            return target.lead(None, conditions);
        }
        // The pattern with the longest beginning wins, and of these the longest one.
        let best = paths
            .iter()
            .filter_map(|(key, target)| Some((key, star(key, &path)?, target)))
            .max_by_key(|(key, _, _)| (key.find('*'), key.len()));
        best.map_or(Lead::Nowhere, |(_, star, target)| target.lead(Some(star), conditions))
    }

    /// The paths into the package, when they are told apart: they begin with a dot.
    fn paths(&self) -> Option<&[(String, Target)]> {
        match &self.0 {
            Target::By(keys) if keys.iter().any(|(key, _)| key.starts_with('.')) => Some(keys),
            _ => None,
        }
    }
}

/// What the star of a pattern stands for in a path, when the pattern fits.
fn star<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (before, after) = pattern.split_once('*')?;
    let star = path.strip_prefix(before)?.strip_suffix(after)?;
    (!star.is_empty() && !after.contains('*')).then_some(star)
}

#[cfg(test)]
mod tests {
    use super::super::Asked;
    use super::*;

    fn exports(json: &str) -> PackageExports {
        serde_json::from_str(json).unwrap()
    }

    fn import(json: &str, rest: &str) -> Lead {
        exports(json).lead(rest, Asked::Import.conditions())
    }

    fn to(path: &str) -> Lead {
        Lead::To(path.to_owned())
    }

    #[test]
    fn they_are_a_path_conditions_or_paths_of_conditions() {
        assert_eq!(import(r#""./a.js""#, ""), to("a.js"));
        assert_eq!(import(r#""./a.js""#, "b"), Lead::Nowhere);
        assert_eq!(import(r#"{"import": "./a.mjs"}"#, ""), to("a.mjs"));
        let nested = r#"{".": {"types": "./a.d.ts", "default": "./a.js"}, "./b": null}"#;
        assert_eq!(import(nested, ""), to("a.js"));
        assert_eq!(import(nested, "b"), Lead::Excluded);
        assert_eq!(import(nested, "c"), Lead::Nowhere);
    }

    #[test]
    fn paths_and_conditions_do_not_mix() {
        for json in [
            r#"{".": "./a.js", "import": "./a.js"}"#,
            r#"{"import": "./a.js", "./x": "./a.js"}"#,
            r#"{"./x": "./a.js", "*": "./a.js"}"#,
        ] {
            assert_eq!(import(json, ""), Lead::Nowhere, "{json}");
            assert_eq!(import(json, "x"), Lead::Nowhere, "{json}");
        }
    }

    #[test]
    fn the_longest_pattern_wins() {
        let json = r#"{"./*": "./all/*.js", "./x/*": "./x/*.mjs", "./x/*.js": "./x/js/*/*.js"}"#;
        assert_eq!(import(json, "a"), to("all/a.js"));
        assert_eq!(import(json, "x/a"), to("x/a.mjs"));
        assert_eq!(import(json, "x/a.js"), to("x/js/a/a.js"));
        assert_eq!(import(json, "x/"), Lead::Nowhere);
        assert_eq!(import(r#"{"./x/*": "./x/*.js"}"#, ""), Lead::Nowhere);
    }

    #[test]
    fn null_keeps_a_path_out_of_a_pattern() {
        let json =
            r#"{"./*": "./lib/*", "./own/*": null, "./own/open.js": "./open.js", "./b": null}"#;
        assert_eq!(import(json, "a.js"), to("lib/a.js"));
        assert_eq!(import(json, "own/a.js"), Lead::Excluded);
        assert_eq!(import(json, "own/open.js"), to("open.js"));
        assert_eq!(import(json, "b"), Lead::Excluded);
    }

    #[test]
    fn what_a_star_stands_for_stays_inside() {
        let through = Lead::Out("./lib/node_modules/x".to_owned());
        assert_eq!(import(r#"{"./*": "./lib/*"}"#, "node_modules/x"), through);
    }

    #[test]
    fn the_entry_is_the_package_itself_under_any_conditions() {
        let dual = exports(
            r#"{".": {"edge": "./e.js", "import": null, "default": "./a.js"}, "./b": "./b.js"}"#,
        );
        assert_eq!(dual.entry(&["import", "edge"]), Ok(Some("e.js".to_owned())));
        assert_eq!(dual.entry(&["import"]), Ok(None));
        assert_eq!(dual.entry(&[]), Ok(Some("a.js".to_owned())));
        let refused = exports(r#"{".": "../a.js"}"#).entry(&[]).unwrap_err();
        assert!(matches!(refused, ModuleError::Refused { .. }), "{refused}");
    }
}
