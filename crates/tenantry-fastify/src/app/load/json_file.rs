//! JSON files of a tenant's: what is in them, and where in them something is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tenantry_js::ModuleSource;

use crate::PartError;

pub(super) fn is_json(file: &str) -> bool {
    file.ends_with(".json")
}

/// Reads a part that is a JSON file.
pub(super) fn read(
    modules: &dyn ModuleSource,
    part: &str,
    file: &str,
    broken: &mut Vec<PartError>,
) -> Option<Value> {
    let mut fail = |line, column, message| {
        broken.push(PartError {
            part: part.to_owned(),
            file: file.to_owned(),
            line,
            column,
            message,
        });
        None
    };
    let text = match modules.load(file) {
        Ok(module) => module.text,
        Err(error) => return fail(None, None, error.to_string()),
    };
    match serde_json::from_str(without_mark(&text)) {
        Ok(value) => Some(value),
        Err(error) => {
            let told = error.to_string();
            // The place is told apart.
            let reason = told.split(" at line ").next().unwrap_or_default();
            fail(
                u32::try_from(error.line()).ok(),
                u32::try_from(error.column()).ok(),
                format!("not valid JSON: {reason}"),
            )
        }
    }
}

/// A broken part as the application tells of it.
#[derive(Deserialize)]
pub(super) struct Told {
    #[serde(flatten)]
    error: PartError,
    /// The `$id` of the schema that is wrong, where it is one of a file.
    schema: Option<String>,
    /// A JSON pointer in that schema.
    #[serde(default)]
    pointer: String,
}

impl Told {
    /// The error with its place, where JavaScript knows none since it has never seen the file.
    pub(super) fn placed(self, modules: &dyn ModuleSource) -> PartError {
        let Told { mut error, schema, pointer } = self;
        if let Some(schema) = schema.filter(|_| error.line.is_none() && is_json(&error.file))
            && let Ok(module) = modules.load(&error.file)
            && let Some((line, column)) = place(&module.text, &schema, &pointer)
        {
            (error.line, error.column) = (Some(line), Some(column));
        }
        error
    }
}

/// The line and column of a value in the schema of this `$id`, which may be the whole file, or one of a list or an object
/// of schemas. Where a pointer leads nowhere, the last value on its way.
fn place(text: &str, id: &str, pointer: &str) -> Option<(u32, u32)> {
    let document: &RawValue = serde_json::from_str(without_mark(text)).ok()?;
    let mut value = schema(document, id).unwrap_or(document);
    for key in pointer.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        match members(value).into_iter().find(|(name, _)| *name == key) {
            Some((_, member)) => value = member,
            None => break,
        }
    }
    let offset = value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some(line_and_column(text, offset))
}

/// The schema of this `$id` among those of a file that has more than one.
fn schema<'t>(document: &'t RawValue, id: &str) -> Option<&'t RawValue> {
    let is_of = |value: &RawValue| {
        members(value).iter().any(|(name, value)| {
            name == "$id" && serde_json::from_str::<String>(value.get()).is_ok_and(|own| own == id)
        })
    };
    let members = members(document);
    if members.iter().any(|(name, _)| name == "$id") {
        return None;
    }
    members.into_iter().map(|(_, member)| member).find(|member| is_of(member))
}

/// What is in an object or a list, by name.
fn members(value: &RawValue) -> Vec<(String, &RawValue)> {
    let text = value.get();
    if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
        items.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect()
    } else {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
        members.into_iter().collect()
    }
}

/// Text without the mark of its byte order that some editors write.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Those of a byte, counted from 1.
fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let (line, column) = (before.matches('\n').count(), before.rsplit('\n').next());
    let column = without_mark(column.unwrap_or_default()).chars().count();
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    (number(line), number(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "{\n  \"$id\": \"user\",\n  \"properties\": {\n    \"a/b\": { \"type\": \"objekt\" },\n    \
                        \"é\": [true, { \"$ref\": \"x\" }]\n  }\n}";

    #[test]
    fn a_pointer_is_followed_to_its_line_and_column() {
        for (pointer, place) in [
            ("", (1, 1)),
            ("/properties", (3, 17)),
            ("/properties/a~1b/type", (4, 22)),
            ("/properties/é/1/$ref", (5, 27)),
            ("/properties/gone/type", (3, 17)),
        ] {
            assert_eq!(super::place(USER, "user", pointer), Some(place), "{pointer}");
        }
    }

    #[test]
    fn a_schema_is_found_among_others_of_its_file() {
        let list = format!("\u{feff}[\n{{\"$id\": \"pet\"}},\n {USER}]");
        assert_eq!(place(&list, "user", ""), Some((3, 2)));
        assert_eq!(place(&list, "pet", "/$id"), Some((2, 9)));
        let object = "{\"a\": {\"$id\": \"pet\"},\n\"b\": {\"$id\": \"user\"}}";
        assert_eq!(place(object, "user", ""), Some((2, 6)));
        // One without an id has its file's name.
        assert_eq!(place("\n{\"type\": 1}", "user", "/type"), Some((2, 10)));
        assert_eq!(place("{", "user", ""), None);
    }
}
