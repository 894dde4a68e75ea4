//! A target in `exports` of a package.json: a path, or conditions and lists that lead to one.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The longest target, as long as a specifier may be. Each star in it grows to a part of one.
const LONGEST: usize = 1024;

/// A target in the order it is written: the first condition that holds is taken.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Path(String),
    /// `null`, by which a package keeps a path for itself, and what is no target at all.
    Nothing,
    /// The first that is valid.
    First(Vec<Target>),
    /// By conditions. At the top of `exports` these may be paths into the package instead.
    By(Vec<(String, Target)>),
}

/// Where a target leads.
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

impl Target {
    /// Where it leads when these conditions hold, and `default`, with what its stars stand for.
    pub(super) fn lead(&self, star: Option<&str>, conditions: &[&str]) -> Lead {
        match self {
            Self::Path(path) => inside(path, star),
            Self::Nothing => Lead::Excluded,
            Self::First(list) => {
                let mut last = if list.is_empty() { Lead::Excluded } else { Lead::Nowhere };
                for one in list {
                    match one.lead(star, conditions) {
                        Lead::Nowhere => {}
                        to @ Lead::To(_) => return to,
                        not => last = not,
                    }
                }
                last
            }
            Self::By(keys) => keys
                .iter()
                .filter(|(key, _)| key == "default" || conditions.contains(&key.as_str()))
                .map(|(_, one)| one.lead(star, conditions))
                .find(|lead| *lead != Lead::Nowhere)
                .unwrap_or(Lead::Nowhere),
        }
    }
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

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTarget)
    }
}

struct AnyTarget;

impl<'de> Visitor<'de> for AnyTarget {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, an object or a list")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Target, E> {
        if path.len() > LONGEST {
            return Ok(Target::Nothing);
        }
        Ok(Target::Path(path.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Target, E> {
        Ok(Target::Nothing)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Target, E> {
        Ok(Target::Nothing)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Target, E> {
        Ok(Target::Nothing)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Target, E> {
        Ok(Target::Nothing)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Target, E> {
        Ok(Target::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Target, A::Error> {
        let mut targets = Vec::new();
        while let Some(target) = list.next_element()? {
            targets.push(target);
        }
        Ok(Target::First(targets))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
        let mut keys = Vec::new();
        while let Some(entry) = map.next_entry()? {
            keys.push(entry);
        }
        Ok(Target::By(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Asked;
    use super::*;

    fn lead(json: &str, asked: Asked) -> Lead {
        serde_json::from_str::<Target>(json).unwrap().lead(None, asked.conditions())
    }

    fn import(json: &str) -> Lead {
        lead(json, Asked::Import)
    }

    fn to(path: &str) -> Lead {
        Lead::To(path.to_owned())
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
            assert_eq!(lead(json, Asked::Import), to(imported), "{json}");
            assert_eq!(lead(json, Asked::Require), to(required), "{json}");
        }
        assert_eq!(lead(r#"{"import": "./m"}"#, Asked::Require), Lead::Nowhere);
        assert_eq!(lead(r#"{"require": "./c"}"#, Asked::Import), Lead::Nowhere);
    }

    #[test]
    fn a_condition_that_leads_nowhere_lets_the_next_one_answer_and_null_does_not() {
        let nested = r#"{"node": {"require": "./n.cjs"}, "default": "./a.js"}"#;
        assert_eq!(lead(nested, Asked::Import), to("a.js"));
        assert_eq!(lead(nested, Asked::Require), to("n.cjs"));
        let excluded = r#"{"node": {"import": null}, "default": "./a.js"}"#;
        assert_eq!(lead(excluded, Asked::Import), Lead::Excluded);
        assert_eq!(lead(excluded, Asked::Require), to("a.js"));
    }

    #[test]
    fn of_a_list_the_first_valid_target_counts() {
        assert_eq!(import(r#"["a.js", 3, null, {"deno": "./d"}, "./b.js", "./c.js"]"#), to("b.js"));
        assert_eq!(import(r#"[{"import": "./m"}, "./c"]"#), to("m"));
        assert_eq!(import(r#"["../a.js"]"#), Lead::Out("../a.js".to_owned()));
        assert_eq!(import(r#"{"import": [], "default": "./a"}"#), Lead::Excluded);
        assert_eq!(import(r#"{"import": [{"deno": "./d"}], "default": "./a"}"#), to("a"));
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
            assert_eq!(import(&json), Lead::Out(target.to_owned()), "{target}");
        }
    }

    #[test]
    fn a_target_has_an_end() {
        let json = format!(r#""./{}""#, "*".repeat(LONGEST));
        assert_eq!(import(&json), Lead::Excluded);
    }
}
