use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Conditions that hold for `import`, and what holds where that leads nowhere: CommonJS.
const IMPORT: [&str; 4] = ["import", "module-sync", "node", "default"];
const REQUIRE: [&str; 4] = ["require", "module-sync", "node", "default"];

/// `exports` of a `package.json`, in the order they are written: it counts.
pub(super) enum Exports {
    Target(String),
    /// `null` and whatever else leads nowhere.
    Nothing,
    /// The first that leads somewhere.
    Any(Vec<Exports>),
    By(Vec<(String, Exports)>),
}

impl Exports {
    /// The target of the package itself.
    pub(super) fn main(&self) -> Option<&str> {
        let main = match self {
            Self::By(keys) if keys.iter().any(|(key, _)| key.starts_with('.')) => {
                &keys.iter().find(|(key, _)| key == ".")?.1
            }
            whole => whole,
        };
        main.target(&IMPORT).or_else(|| main.target(&REQUIRE))
    }

    fn target(&self, conditions: &[&str]) -> Option<&str> {
        match self {
            Self::Target(target) => Some(target),
            Self::Nothing => None,
            Self::Any(any) => any.iter().find_map(|one| one.target(conditions)),
            Self::By(keys) => keys
                .iter()
                .filter(|(key, _)| conditions.contains(&key.as_str()))
                .find_map(|(_, one)| one.target(conditions)),
        }
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

    fn visit_str<E: Error>(self, target: &str) -> Result<Exports, E> {
        Ok(Exports::Target(target.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Exports, E> {
        Ok(Exports::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Exports, A::Error> {
        let mut any = Vec::new();
        while let Some(one) = list.next_element()? {
            any.push(one);
        }
        Ok(Exports::Any(any))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Exports, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            // Other modules of the package are not what is asked for.
            if key.starts_with("./") {
                map.next_value::<IgnoredAny>()?;
            } else {
                keys.push((key, map.next_value()?));
            }
        }
        Ok(Exports::By(keys))
    }
}
