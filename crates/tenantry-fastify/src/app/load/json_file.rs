//! JSON files of a tenant's: what is in them, and where in them something is.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use tenantry_js::ModuleSource;

use crate::PartError;
use crate::schema::MAX_DEPTH;

/// How many bytes are read to find places, in all: a text is read again for each error in it, and a part of it for each
/// step of a pointer.
const MOST: usize = 32 << 20;

pub(super) fn is_json(file: &str) -> bool {
    file.ends_with(".json")
}

/// How many bytes of JSON an application may have in all: as values they take up to a hundred times as much memory, which is
/// none of its isolate's.
pub(super) const MOST_IN_ALL: usize = 2 << 20;

/// Reads a part that is a JSON file, where it is no larger than what is left of [`MOST_IN_ALL`].
pub(super) fn read(
    modules: &dyn ModuleSource,
    part: &str,
    file: &str,
    left: &mut usize,
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
    let Some(rest) = left.checked_sub(text.len()) else {
        *left = 0;
        let message =
            format!("an application's JSON files are larger than {MOST_IN_ALL} bytes together");
        return fail(None, None, message);
    };
    *left = rest;
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

/// Looks for places in JSON files. Each is read once. Where too much would have to be read, there are no more places.
pub(super) struct Places<'m> {
    modules: &'m dyn ModuleSource,
    /// What was read so far, if it could be.
    texts: HashMap<String, Option<String>>,
    left: usize,
}

impl<'m> Places<'m> {
    pub(super) fn new(modules: &'m dyn ModuleSource) -> Self {
        Self { modules, texts: HashMap::new(), left: MOST }
    }

    /// The line and column in a file's schema of this `$id`, by a JSON pointer.
    pub(super) fn find(&mut self, file: &str, schema: &str, pointer: &str) -> Option<(u32, u32)> {
        let Self { modules, texts, left } = self;
        if *left == 0 {
            return None;
        }
        let read = || Some(modules.load(file).ok()?.text);
        let text = texts.entry(file.to_owned()).or_insert_with(read);
        place(text.as_deref()?, schema, pointer, left)
    }
}

/// Takes the bytes that are to be read off what is left. None where these are too many: nothing is left then.
fn spend(left: &mut usize, bytes: usize) -> Option<()> {
    let is_enough = bytes <= *left;
    *left = left.saturating_sub(bytes);
    is_enough.then_some(())
}

/// The line and column of a value in the schema of this `$id`, which may be the whole file, or one of a list or an object
/// of schemas. Where a pointer leads nowhere or too far, the last value on its way.
fn place(text: &str, id: &str, pointer: &str, left: &mut usize) -> Option<(u32, u32)> {
    spend(left, text.len())?;
    let document: &RawValue = serde_json::from_str(without_mark(text)).ok()?;
    let mut value = schema(document, id, left).unwrap_or(document);
    for key in pointer.split('/').skip(1).take(MAX_DEPTH) {
        let key = key.replace("~1", "/").replace("~0", "~");
        match member(value, &key, left) {
            Some(member) => value = member,
            None => break,
        }
    }
    // What was not read to its end is not known.
    if *left == 0 {
        return None;
    }
    let offset = value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some(line_and_column(text, offset))
}

/// The schema of this `$id` among those of a file that has more than one.
fn schema<'t>(document: &'t RawValue, id: &str, left: &mut usize) -> Option<&'t RawValue> {
    if member(document, "$id", left).is_some() {
        return None;
    }
    spend(left, document.get().len())?;
    let mut found = None;
    each_member(document, |_, value| {
        if found.is_none()
            && let Some(own) = member(value, "$id", left)
            && serde_json::from_str::<String>(own.get()).is_ok_and(|own| own == id)
        {
            found = Some(value);
        }
    });
    found
}

/// What has this name in an object or a list.
fn member<'t>(value: &'t RawValue, name: &str, left: &mut usize) -> Option<&'t RawValue> {
    spend(left, value.get().len())?;
    let mut found = None;
    each_member(value, |own, member| {
        if own == name {
            found = Some(member);
        }
    });
    found
}

/// Shows what is in an object or a list, by name, one after the other: nothing of it is kept, since there may be millions.
fn each_member<'t>(value: &'t RawValue, show: impl FnMut(&str, &'t RawValue)) {
    struct Members<F>(F);

    impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for Members<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object or a list")
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some((name, member)) = map.next_entry::<String, &'de RawValue>()? {
                (self.0)(&name, member);
            }
            Ok(())
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
            let mut at = 0_usize;
            while let Some(item) = list.next_element::<&'de RawValue>()? {
                (self.0)(&at.to_string(), item);
                at += 1;
            }
            Ok(())
        }
    }

    let mut json = serde_json::Deserializer::from_str(value.get());
    // What is neither an object nor a list has nothing in it.
    let _ = json.deserialize_any(Members(show));
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
    use tenantry_js::Memory;

    use super::*;

    const USER: &str = "{\n  \"$id\": \"user\",\n  \"properties\": {\n    \"a/b\": { \"type\": \"objekt\" },\n    \
                        \"é\": [true, { \"$ref\": \"x\" }]\n  }\n}";

    fn place(text: &str, id: &str, pointer: &str) -> Option<(u32, u32)> {
        let mut left = MOST;
        super::place(text, id, pointer, &mut left)
    }

    #[test]
    fn a_pointer_is_followed_to_its_line_and_column() {
        for (pointer, expected) in [
            ("", (1, 1)),
            ("/properties", (3, 17)),
            ("/properties/a~1b/type", (4, 22)),
            ("/properties/é/1/$ref", (5, 27)),
            ("/properties/gone/type", (3, 17)),
        ] {
            assert_eq!(place(USER, "user", pointer), Some(expected), "{pointer}");
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

    #[test]
    fn a_pointer_is_followed_no_deeper_than_schemas_are() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let column = u32::try_from(MAX_DEPTH).ok().map(|depth| depth + 1);
        assert_eq!(place(&deep, "user", &"/0".repeat(9_000)), Some(1).zip(column));
    }

    #[test]
    fn where_too_much_would_have_to_be_read_there_are_no_more_places() {
        let modules = Memory::new().with("user.json", USER).with("pet.json", "{}");
        let mut places = Places { left: 10 * USER.len(), ..Places::new(&modules) };
        let mut find = || places.find("user.json", "user", "/properties");
        let found = (0..100).take_while(|_| find().is_some()).count();
        // Each time: the text, its `$id`, the step.
        assert_eq!(found, 3);
        assert_eq!(places.find("pet.json", "pet", ""), None, "another file is not read at all");
    }
}
