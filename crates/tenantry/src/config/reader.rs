//! Reads settings one by one, and gathers everything that is wrong with them.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    error::{ConfigError, ConfigProblem, Origin},
    host,
    settings::{Entry, Settings},
    suggestion,
    value::Raw,
};
use crate::schema_name::Identifier;

/// Keys whose values no message repeats.
const SECRETS: [&str; 2] = ["connection.url", "admin.token"];

/// Hands out the settings, each checked, and remembers which keys there are.
///
/// Every method takes a key and what to give when it isn't set. A value that isn't allowed is
/// noted and the default given instead, so that one reading finds all problems;
/// [`finish`](Self::finish) tells.
pub(super) struct Reader {
    unread: BTreeMap<String, Entry>,
    known: Vec<&'static str>,
    problems: Vec<ConfigProblem>,
    /// Environment variables of ours that are not settings.
    other_variables: Vec<String>,
    /// The folder of the configuration file, if there is one.
    directory: PathBuf,
}

impl Reader {
    pub(super) fn new(settings: Settings, directory: PathBuf) -> Self {
        Self {
            unread: settings.entries,
            known: Vec::new(),
            problems: settings.problems,
            other_variables: settings.other_variables,
            directory,
        }
    }

    /// A whole number.
    pub(super) fn integer(
        &mut self,
        key: &'static str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> u64 {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &allowed, |raw| {
            match raw {
                Raw::Integer(integer) => u64::try_from(*integer).ok(),
                Raw::Text(text) => text.trim().parse().ok(),
                _ => None,
            }
            .filter(|integer| range.contains(integer))
        })
        .unwrap_or(default)
    }

    /// A number.
    pub(super) fn float(
        &mut self,
        key: &'static str,
        default: f64,
        range: RangeInclusive<f64>,
    ) -> f64 {
        let allowed = format!("a number from {} to {}", range.start(), range.end());
        self.read(key, &allowed, |raw| {
            match raw {
                Raw::Integer(integer) => Some(*integer as f64),
                Raw::Float(float) => Some(*float),
                Raw::Text(text) => text.trim().parse().ok(),
                _ => None,
            }
            .filter(|float| range.contains(float))
        })
        .unwrap_or(default)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str, default: bool) -> bool {
        self.read(key, "true or false", |raw| match raw {
            Raw::Boolean(boolean) => Some(*boolean),
            Raw::Text(text) => text.trim().parse().ok(),
            _ => None,
        })
        .unwrap_or(default)
    }

    /// A time with a unit, not less than a millisecond and not more than ten years.
    pub(super) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        self.duration_if_set(key).unwrap_or(default)
    }

    /// Like [`duration`](Self::duration), and nothing when it isn't set.
    pub(super) fn duration_if_set(&mut self, key: &'static str) -> Option<Duration> {
        const RANGE: RangeInclusive<Duration> =
            Duration::from_millis(1)..=Duration::from_secs(10 * 366 * 24 * 60 * 60);
        let allowed = r#"a time with its unit, such as "500ms" or "1h 30m", from 1ms to 10 years"#;
        self.read(key, allowed, |raw| {
            humantime::parse_duration(text(raw)?).ok().filter(|duration| RANGE.contains(duration))
        })
    }

    /// A time that may be zero, and is never long.
    pub(super) fn short_duration(&mut self, key: &'static str, default: Duration) -> Duration {
        const LONGEST: Duration = Duration::from_secs(1);
        let allowed = r#"a time with its unit, such as "500us" or "2ms", up to 1s, or "0s""#;
        self.read(key, allowed, |raw| {
            humantime::parse_duration(text(raw)?).ok().filter(|duration| *duration <= LONGEST)
        })
        .unwrap_or(default)
    }

    /// One of some words.
    pub(super) fn word<T: Clone>(
        &mut self,
        key: &'static str,
        default: T,
        words: &[(&str, T)],
    ) -> T {
        let names: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        self.read(key, &names.join(" or "), |raw| {
            let text = text(raw)?;
            words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| meaning.clone())
        })
        .unwrap_or(default)
    }

    /// Text that has a type of its own, whose errors say what is allowed.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let entry = self.take(key)?;
        let result = match text(&entry.value) {
            Some(text) => parse(text),
            None => Err("allowed is a text in quotes".to_owned()),
        };
        result.map_err(|reason| self.note(key, &entry, reason)).ok()
    }

    /// The name of a schema or table.
    pub(super) fn identifier(&mut self, key: &'static str, default: &str) -> Identifier {
        let default = Identifier::parse(default).expect("the default is a legal name");
        self.parsed(key, |name| Identifier::parse(name).map_err(|error| error.reason()))
            .unwrap_or(default)
    }

    /// Names of schemas: a list, or in the environment a text with commas.
    pub(super) fn identifiers(&mut self, key: &'static str) -> Vec<Identifier> {
        let Some(entry) = self.take(key) else {
            return Vec::new();
        };
        let names: Option<Vec<&str>> = match &entry.value {
            Raw::List(items) => items.iter().map(text).collect(),
            Raw::Text(list) => Some(list.split(',').map(str::trim).collect()),
            _ => None,
        };
        let result = match names {
            Some(names) => names
                .into_iter()
                .map(|name| Identifier::parse(name).map_err(|error| error.to_string()))
                .collect(),
            None => Err(r#"allowed is a list of names, such as ["extensions"]"#.to_owned()),
        };
        result.map_err(|reason| self.note(key, &entry, reason)).unwrap_or_default()
    }

    /// A path. One in a configuration file is relative to that file's folder; others are relative
    /// to the current directory.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let entry = self.take(key)?;
        match text(&entry.value) {
            Some(path) if !path.trim().is_empty() => Some(match entry.origin {
                Origin::File { .. } => self.directory.join(path),
                _ => path.into(),
            }),
            _ => {
                self.note(key, &entry, "allowed is a path".to_owned());
                None
            }
        }
    }

    /// Like [`path`](Self::path), with a default that is relative to the configuration file.
    pub(super) fn path_or(&mut self, key: &'static str, default: impl AsRef<Path>) -> PathBuf {
        self.path(key).unwrap_or_else(|| self.directory.join(default))
    }

    /// A size in bytes: a whole number, or a text with its unit.
    pub(super) fn bytes(
        &mut self,
        key: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        let allowed = format!(
            r#"a size from {} to {} bytes, such as 65536, "64KB" or "16MB""#,
            range.start(),
            range.end()
        );
        self.read(key, &allowed, |raw| {
            match raw {
                Raw::Integer(integer) => usize::try_from(*integer).ok(),
                Raw::Text(text) | Raw::String(text) => parse_bytes(text),
                _ => None,
            }
            .filter(|bytes| range.contains(bytes))
        })
        .unwrap_or(default)
    }

    /// The tables in a section, whose names are the user's: texts by their keys. Numbers and truth
    /// values count as their texts.
    pub(super) fn tables(&mut self, section: &str) -> BTreeMap<String, BTreeMap<String, String>> {
        let beginning = format!("{section}.");
        let keys: Vec<String> = self
            .unread
            .range(beginning.clone()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(&beginning))
            .filter(|key| key[beginning.len()..].contains('.'))
            .cloned()
            .collect();
        let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for key in keys {
            let Some(entry) = self.unread.remove(&key) else { continue };
            let Some((name, option)) = key[beginning.len()..].rsplit_once('.') else { continue };
            let table = tables.entry(name.to_owned()).or_default();
            let value = match &entry.value {
                Raw::Integer(integer) => integer.to_string(),
                Raw::Boolean(boolean) => boolean.to_string(),
                other => match text(other) {
                    Some(text) => text.to_owned(),
                    None => {
                        let reason = "allowed is a text".to_owned();
                        let origin = Some(entry.origin.clone());
                        self.problems.push(ConfigProblem::with_key(&key, origin, reason));
                        continue;
                    }
                },
            };
            table.insert(option.to_owned(), value);
        }
        tables
    }

    /// Whether any key of a section is set, by its beginning with a dot at the end.
    pub(super) fn has_section(&self, section: &str) -> bool {
        self.unread
            .range(section.to_owned()..)
            .next()
            .is_some_and(|(key, _)| key.starts_with(section))
    }

    /// What paths in the configuration file are relative to.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Text that is not empty.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.read(key, "a text that is not empty", |raw| {
            text(raw).filter(|text| !text.trim().is_empty()).map(ToOwned::to_owned)
        })
    }

    /// Texts: a list, or in the environment a text with commas.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.read(key, r#"a list of texts, such as ["auth", "logger"]"#, |raw| {
            let texts: Option<Vec<String>> = match raw {
                Raw::List(items) => {
                    items.iter().map(|item| text(item).map(ToOwned::to_owned)).collect()
                }
                Raw::Text(list) => {
                    Some(list.split(',').map(|item| item.trim().to_owned()).collect())
                }
                Raw::String(only) => Some(vec![only.clone()]),
                _ => None,
            };
            texts.filter(|texts| texts.iter().all(|text| !text.trim().is_empty()))
        })
    }

    /// Takes a value out, and knows its key from then on. Keys of the server may be written in
    /// camelCase, too.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Entry> {
        self.known.push(key);
        let entry = self.unread.remove(key);
        let Some(camel) = host::camel_case(key) else {
            return entry;
        };
        let Some(other) = self.unread.remove(&camel) else {
            return entry;
        };
        match entry {
            None => Some(other),
            Some(entry) if entry.origin.rank() == other.origin.rank() => {
                let reason = format!("it is set twice, as {key} ({}) also", entry.origin);
                self.problems.push(ConfigProblem::with_key(&camel, Some(other.origin), reason));
                Some(entry)
            }
            Some(entry) if entry.origin.rank() > other.origin.rank() => Some(entry),
            Some(_) => Some(other),
        }
    }

    /// Notes that a value can't be used.
    pub(super) fn note(&mut self, key: &str, entry: &Entry, reason: String) {
        let origin = entry.origin.clone();
        self.problems.push(if SECRETS.contains(&key) {
            ConfigProblem::with_key(key, Some(origin), reason)
        } else {
            ConfigProblem::with_value(key, entry.value.to_string(), origin, reason)
        });
    }

    /// Notes that a value is missing.
    pub(super) fn note_missing(&mut self, key: &str, reason: &str) {
        self.problems.push(ConfigProblem::with_key(key, None, reason.to_owned()));
    }

    /// A value that was set but not yet taken, for checks of two values against each other.
    pub(super) fn peek(&self, key: &str) -> Option<Entry> {
        self.unread.get(key).cloned()
    }

    /// Like [`peek`](Self::peek), by either spelling.
    pub(super) fn peek_any(&self, key: &str) -> Option<Entry> {
        self.peek(key).or_else(|| self.peek(&host::camel_case(key)?))
    }

    /// Says what was wrong, keys that nobody knows among it.
    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        for (key, entry) in &self.unread {
            // Its value isn't shown: it may be a secret under a misspelt key.
            let reason = suggestion::for_unknown(key, &entry.origin, &self.known);
            self.problems.push(ConfigProblem::with_key(key, Some(entry.origin.clone()), reason));
        }
        for name in self.other_variables {
            if let Some(reason) = suggestion::for_variable(&name, &self.known) {
                let origin = Origin::Environment(name);
                self.problems.push(ConfigProblem::general(origin, reason));
            }
        }
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError::new(self.problems)) }
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        read: impl FnOnce(&Raw) -> Option<T>,
    ) -> Option<T> {
        let entry = self.take(key)?;
        let value = read(&entry.value);
        if value.is_none() {
            self.note(key, &entry, format!("allowed is {allowed}"));
        }
        value
    }
}

/// `65536`, `64KB`, `16 MB`: units are powers of 1024.
fn parse_bytes(text: &str) -> Option<usize> {
    const UNITS: [(&str, usize); 4] = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("B", 1)];
    let text = text.trim();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1));
    number.trim().parse::<usize>().ok()?.checked_mul(unit)
}

fn text(raw: &Raw) -> Option<&str> {
    match raw {
        Raw::Text(text) | Raw::String(text) => Some(text),
        _ => None,
    }
}
