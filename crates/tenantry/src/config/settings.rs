//! Settings from all sources, the later ones over the earlier, each with its origin.

use std::{collections::BTreeMap, ffi::OsString, fs, panic::Location, path::Path, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::{ConfigProblem, Origin},
    value::{Raw, Value},
};

/// What every environment variable of ours begins with.
const PREFIX: &str = "TENANTRY_";
/// The variable everybody's tools know.
const DATABASE_URL: &str = "DATABASE_URL";

/// Values by their dotted key (`connection.url`).
#[derive(Default)]
pub(super) struct Settings {
    pub(super) entries: BTreeMap<String, Entry>,
    /// What could not be taken in at all.
    pub(super) problems: Vec<ConfigProblem>,
    /// Environment variables of ours that are not settings, as `TENANTRY_CONFIG` isn't; but they
    /// may be meant to be.
    pub(super) other_variables: Vec<String>,
}

/// One value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: Raw,
    pub(super) origin: Origin,
}

impl Settings {
    /// Adds what a TOML file says.
    pub(super) fn add_file(&mut self, path: &Path) {
        let path: Arc<Path> = path.into();
        let origin = |line| Origin::File { path: Arc::clone(&path), line };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let reason = format!("cannot read the configuration file: {error}");
                self.problems.push(ConfigProblem::general(origin(None), reason));
                return;
            }
        };
        match DeTable::parse(&text) {
            Ok(table) => {
                let line = |offset| Some(line_of(&text, offset));
                self.add_table("", table.into_inner(), &|offset| origin(line(offset)));
            }
            // The error's own Display would repeat the line, and with it perhaps a password.
            Err(error) => {
                let line = error.span().map(|span| line_of(&text, span.start));
                let reason = format!("not valid TOML: {}", error.message());
                self.problems.push(ConfigProblem::general(origin(line), reason));
            }
        }
    }

    fn add_table(&mut self, prefix: &str, table: DeTable<'_>, origin: &dyn Fn(usize) -> Origin) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            match into_raw(value) {
                Ok(value) => self.add(key, value, origin(name.span().start)),
                Err(table) => self.add_table(&format!("{key}."), table, origin),
            }
        }
    }

    /// Adds what the environment says. An empty variable counts as one that isn't there.
    ///
    /// `TENANTRY_SECTION__KEY` sets `section.key`, and `DATABASE_URL` sets `connection.url` unless
    /// `TENANTRY_CONNECTION__URL` does.
    pub(super) fn add_environment(&mut self, variables: &BTreeMap<String, OsString>) {
        for (name, value) in variables {
            let key = match name.strip_prefix(PREFIX) {
                _ if name == DATABASE_URL => "connection.url".to_owned(),
                Some(rest) if rest.contains("__") => rest.to_lowercase().replace("__", "."),
                Some(_) => {
                    self.other_variables.push(name.clone());
                    continue;
                }
                None => continue,
            };
            let origin = Origin::Environment(name.clone());
            match value.to_str() {
                Some("") => {}
                // In order of name DATABASE_URL comes first, so that ours replaces it.
                Some(value) => self.add(key, Raw::Text(value.to_owned()), origin),
                None => {
                    let reason = "its value is not UTF-8".to_owned();
                    self.problems.push(ConfigProblem::with_key(&key, Some(origin), reason));
                }
            }
        }
    }

    /// Adds what code says.
    pub(super) fn add_code(
        &mut self,
        key: &str,
        value: Value,
        location: &'static Location<'static>,
    ) {
        self.add(key.to_owned(), value.0, Origin::Code(location));
    }

    fn add(&mut self, key: String, value: Raw, origin: Origin) {
        self.entries.insert(key, Entry { value, origin });
    }
}

/// A TOML value as ours, or the table it is.
fn into_raw(value: Spanned<DeValue<'_>>) -> Result<Raw, DeTable<'_>> {
    Ok(match value.into_inner() {
        DeValue::Table(table) => return Err(table),
        DeValue::String(text) => Raw::String(text.into_owned()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or(Raw::Other("a number out of range"), Raw::Integer),
        DeValue::Float(float) => {
            float.as_str().parse().map_or(Raw::Other("a number out of range"), Raw::Float)
        }
        DeValue::Boolean(boolean) => Raw::Boolean(boolean),
        DeValue::Datetime(_) => Raw::Other("a date or time"),
        DeValue::Array(items) => Raw::List(
            items.into_iter().map(|item| into_raw(item).unwrap_or(Raw::Other("a table"))).collect(),
        ),
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}
