//! `exports` of a package.json: the file that a path into the package means.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Asked;

/// The conditions that hold for `import`.
const IMPORT: [&str; 4] = ["node", "import", "module-sync", "default"];
/// And for `require`, which reads no ES modules here: "module-sync" would give it one.
const REQUIRE: [&str; 3] = ["node", "require", "default"];
/// The longest target, as long as a specifier may be. Each star in it grows to a part of one.
const LONGEST: usize = 1024;

/// `exports` in the order they are written: the first condition that holds is taken.
#[derive(Debug)]
pub(super) enum Exports {
    Path(String),
    /// `null`, by which a package keeps a path for itself, and what is no target at all.
    Nothing,
    /// The first that is valid.
    First(Vec<Exports>),
    /// By paths into the package or by conditions.
    By(Vec<(String, Exports)>),
}

/// Where `exports` lead.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// To a file, by its path in the package: `lib/a.js`.
    To(String),
    /// To a target that is no path inside the package.
    Out(String),
    /// To a `null`: what comes later is not asked.
    Excluded,
    /// No path fits, or no condition holds.
    Nowhere,
}

impl Exports {
    /// Where they lead for a path into the package, `""` for the package itself.
    pub(super) fn lead(&self, rest: &str, asked: Asked) -> Lead {
        let conditions: &[&str] = match asked {
            Asked::Import => &IMPORT,
            Asked::Require => &REQUIRE,
        };
        let Some(paths) = self.paths() else {
            return if rest.is_empty() { self.target(None, conditions) } else { Lead::Nowhere };
        };
        if rest.ends_with('/') {
            return Lead::Nowhere;
        }
        let path = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
        let exact = paths.iter().find(|(key, _)| *key == path && !key.contains('*'));
        if let Some((_, target)) = exact {
            return target.target(None, conditions);
        }
        // The pattern with the longest beginning wins, and of these the longest one.
        let best = paths
            .iter()
            .filter_map(|(key, target)| Some((key, star(key, &path)?, target)))
            .max_by_key(|(key, _, _)| (key.find('*'), key.len()));
        best.map_or(Lead::Nowhere, |(_, star, target)| target.target(Some(star), conditions))
    }

    /// The paths into the package, when they are told apart: they begin with a dot.
    fn paths(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::By(keys) if keys.iter().any(|(key, _)| key.starts_with('.')) => Some(keys),
            _ => None,
        }
    }

    fn target(&self, star: Option<&str>, conditions: &[&str]) -> Lead {
        match self {
            Self::Path(path) => inside(path, star),
            Self::Nothing => Lead::Excluded,
            Self::First(list) => {
                let mut last = if list.is_empty() { Lead::Excluded } else { Lead::Nowhere };
                for one in list {
                    match one.target(star, conditions) {
                        Lead::Nowhere => {}
                        to @ Lead::To(_) => return to,
                        not => last = not,
                    }
                }
                last
            }
            Self::By(keys) => keys
                .iter()
                .filter(|(key, _)| conditions.contains(&key.as_str()))
                .map(|(_, one)| one.target(star, conditions))
                .find(|lead| *lead != Lead::Nowhere)
                .unwrap_or(Lead::Nowhere),
        }
    }
}

/// What the star of a pattern stands for in a path, when the pattern fits.
fn star<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (before, after) = pattern.split_once('*')?;
    let star = path.strip_prefix(before)?.strip_suffix(after)?;
    (!star.is_empty() && !after.contains('*')).then_some(star)
}

/// A target with its stars replaced. It begins with `./`, goes nowhere up, and into no package below.
fn inside(target: &str, star: Option<&str>) -> Lead {
    let target = star.map_or_else(|| target.to_owned(), |star| target.replace('*', star));
    let leads_out =
        |part: &str| matches!(part, "." | "..") || part.eq_ignore_ascii_case("node_modules");
    match target.strip_prefix("./") {
        Some(path) if !path.split(['/', '\\']).any(leads_out) => Lead::To(path.to_owned()),
        _ => Lead::Out(target),
    }
}

impl<'de> Deserialize<'de> for Exports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyExports)
    }
}

struct AnyExports;

impl<'de> Visitor<'de> for AnyExports {
    type Value = Exports;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, an object or a list")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Exports, E> {
        if path.len() > LONGEST {
            return Ok(Exports::Nothing);
        }
        Ok(Exports::Path(path.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Exports, A::Error> {
        let mut targets = Vec::new();
        while let Some(target) = list.next_element()? {
            targets.push(target);
        }
        Ok(Exports::First(targets))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Exports, A::Error> {
        let mut keys = Vec::new();
        while let Some(entry) = map.next_entry()? {
            keys.push(entry);
        }
        Ok(Exports::By(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(json: &str, rest: &str, asked: Asked) -> Lead {
        serde_json::from_str::<Exports>(json).unwrap().lead(rest, asked)
    }

    fn import(json: &str, rest: &str) -> Lead {
        lead(json, rest, Asked::Import)
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
    fn the_first_condition_that_holds_wins_as_written() {
        for (json, imported, required) in [
            (r#"{"import": "./m", "default": "./c"}"#, "m", "c"),
            (r#"{"default": "./c", "import": "./m", "require": "./r"}"#, "c", "c"),
            (r#"{"require": "./c", "import": "./m"}"#, "m", "c"),
            (r#"{"node": "./n", "import": "./m", "require": "./c"}"#, "n", "n"),
            (r#"{"module-sync": "./m", "default": "./c"}"#, "m", "c"),
            (r#"{"types": "./t", "browser": "./b", "default": "./c"}"#, "c", "c"),
        ] {
            assert_eq!(lead(json, "", Asked::Import), to(imported), "{json}");
            assert_eq!(lead(json, "", Asked::Require), to(required), "{json}");
        }
        assert_eq!(lead(r#"{"import": "./m"}"#, "", Asked::Require), Lead::Nowhere);
        assert_eq!(lead(r#"{"require": "./c"}"#, "", Asked::Import), Lead::Nowhere);
    }

    #[test]
    fn a_condition_that_leads_nowhere_lets_the_next_one_answer_and_null_does_not() {
        let nested = r#"{"node": {"require": "./n.cjs"}, "default": "./a.js"}"#;
        assert_eq!(lead(nested, "", Asked::Import), to("a.js"));
        assert_eq!(lead(nested, "", Asked::Require), to("n.cjs"));
        let excluded = r#"{"node": {"import": null}, "default": "./a.js"}"#;
        assert_eq!(lead(excluded, "", Asked::Import), Lead::Excluded);
        assert_eq!(lead(excluded, "", Asked::Require), to("a.js"));
    }

    #[test]
    fn of_a_list_the_first_valid_target_counts() {
        assert_eq!(
            import(r#"["a.js", 3, null, {"deno": "./d"}, "./b.js", "./c.js"]"#, ""),
            to("b.js")
        );
        assert_eq!(import(r#"[{"import": "./m"}, "./c"]"#, ""), to("m"));
        assert_eq!(import(r#"["../a.js"]"#, ""), Lead::Out("../a.js".to_owned()));
        assert_eq!(import(r#"{"import": [], "default": "./a"}"#, ""), Lead::Excluded);
        assert_eq!(import(r#"{"import": [{"deno": "./d"}], "default": "./a"}"#, ""), to("a"));
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
    fn a_target_begins_with_a_dot_and_stays_inside() {
        for target in [
            "a.js",
            "/a.js",
            "../a.js",
            "./../a.js",
            "./lib/../../a.js",
            "./lib/./a.js",
            "./node_modules/x/a.js",
            "./Node_Modules/x/a.js",
            "https://example.com/a.js",
            "",
        ] {
            let json = format!("{target:?}");
            assert_eq!(import(&json, ""), Lead::Out(target.to_owned()), "{target}");
        }
        let through = Lead::Out("./lib/node_modules/x".to_owned());
        assert_eq!(import(r#"{"./*": "./lib/*"}"#, "node_modules/x"), through);
    }

    #[test]
    fn a_target_has_an_end() {
        let stars = "*".repeat(LONGEST);
        let json = format!(r#"{{"./*": "./{stars}"}}"#);
        assert_eq!(import(&json, "a"), Lead::Excluded);
    }
}
