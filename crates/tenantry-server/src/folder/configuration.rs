//! A tenant's configuration: a module, or a document that is read here.

use std::{fs, path::Path};

use serde_json::Value;
use tenantry_fastify::{ConfigSource, PartError};

use super::{CODE, entries::Entries, parts::stem, wrong};

const DOCUMENTS: [&str; 2] = ["json", "toml"];

/// The configuration there is. More than one is an error: nobody could say which counts.
pub(super) fn find(
    root: &Path,
    entries: &Entries,
    errors: &mut Vec<PartError>,
) -> Option<ConfigSource> {
    let is_one = |file: &str| [stem(file, &CODE), stem(file, &DOCUMENTS)].contains(&Some("config"));
    let mut found = entries.files.iter().filter(|file| is_one(file));
    let first = found.next()?;
    for other in found {
        errors.push(wrong("config", other, format!("there is {first} already; keep one of them")));
    }
    if stem(first, &DOCUMENTS).is_none() {
        return Some(ConfigSource::Module(first.clone()));
    }
    let text = match fs::read_to_string(root.join(first)) {
        Ok(text) => text,
        Err(error) => {
            errors.push(wrong("config", first, format!("it cannot be read: {error}")));
            return None;
        }
    };
    let read = if first.ends_with(".json") { json(&text) } else { toml(&text) };
    match read {
        Ok(value) => Some(ConfigSource::Value(value)),
        Err((line, column, message)) => {
            let error = wrong("config", first, message);
            errors.push(PartError { line, column, ..error });
            None
        }
    }
}

type Wrong = (Option<u32>, Option<u32>, String);

fn json(text: &str) -> Result<Value, Wrong> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let place = |number: usize| u32::try_from(number).ok();
        let message = error.to_string();
        // The place is told apart.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        (place(error.line()), place(error.column()), format!("not valid JSON: {message}"))
    })?;
    if value.is_object() {
        return Ok(value);
    }
    Err((Some(1), Some(1), "a configuration is an object, in braces".to_owned()))
}

fn toml(text: &str) -> Result<Value, Wrong> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| place(text, span.start));
        let (line, column) = place.unzip();
        (line, column, format!("not valid TOML: {}", error.message()))
    })?;
    Ok(table.into_iter().map(|(key, value)| (key, from_toml(value))).collect())
}

/// The same in JSON. A date becomes its text, as a script would have it.
fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(integer) => integer.into(),
        toml::Value::Float(float) => float.into(),
        toml::Value::Boolean(boolean) => boolean.into(),
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(from_toml).collect(),
        toml::Value::Table(table) => {
            table.into_iter().map(|(key, value)| (key, from_toml(value))).collect()
        }
    }
}

/// The line and column of a byte, counted from 1.
fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
