//! What the application's JavaScript asks of [`crate::schema`]: compiled schemas by number.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::value::RawValue;
use tenantry_js::{Data, HostError};

use super::host::{index, text};
use crate::schema::{Checked, SchemaError, Schemas, Serializer, ValidationError, Validator};

/// Compiled schemas of one isolate.
#[derive(Default)]
pub(super) struct SchemaTable {
    compiled: Mutex<Compiled>,
}

#[derive(Default)]
struct Compiled {
    scopes: Vec<Schemas>,
    validators: Vec<Validator>,
    serializers: Vec<Serializer>,
    /// Bytes of all of them.
    size: usize,
}

/// They are kept outside of the isolate's memory, so there are bounds to them: how many of a kind, and their bytes.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;

impl SchemaTable {
    fn compiled(&self) -> MutexGuard<'_, Compiled> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `schema.scope(schemas)`, `schema.validator(scope, schema, part)`, `schema.check(validator, value, part)`,
    /// `schema.serializer(scope, schema)`, `schema.serialize(serializer, value)`. What is compiled is a number; where it
    /// does not compile, an object says why, and which schema is to blame.
    pub(super) fn call(&self, name: &str, args: &[Data]) -> Result<Data, HostError> {
        match name {
            "schema.scope" => self.scope(text(args, 0)?),
            "schema.validator" => self.validator(index(args, 0)?, text(args, 1)?, text(args, 2)?),
            "schema.check" => self.check(index(args, 0)?, text(args, 1)?, text(args, 2)?),
            "schema.serializer" => self.serializer(index(args, 0)?, text(args, 1)?),
            "schema.serialize" => self.serialize(index(args, 0)?, text(args, 1)?),
            _ => Err(HostError::new("ERR_HOST_UNKNOWN", format!("there is no {name}"))),
        }
    }

    fn scope(&self, list: &str) -> Result<Data, HostError> {
        // As they are written: the order of their keys matters.
        let list: Vec<&RawValue> = serde_json::from_str(list).map_err(|error| plain(&error))?;
        let mut schemas = Schemas::new();
        for (at, schema) in list.into_iter().enumerate() {
            if let Err(error) = schemas.add(schema.get()) {
                let at = Data::from(u32::try_from(at).unwrap_or(u32::MAX));
                let message = Data::Text(error.message);
                return Ok(Data::Map(vec![("message".to_owned(), message), ("at".to_owned(), at)]));
            }
        }
        let mut compiled = self.compiled();
        let size = compiled.with(schemas.size())?;
        let number = push(&mut compiled.scopes, schemas)?;
        compiled.size = size;
        Ok(number)
    }

    fn validator(&self, scope: usize, schema: &str, part: &str) -> Result<Data, HostError> {
        let schemas = get(&self.compiled().scopes, scope)?;
        // Names of headers are compared in lower case.
        let validator =
            if part == "headers" { schemas.headers(schema) } else { schemas.validator(schema) };
        let validator = match validator {
            Ok(validator) => validator,
            Err(error) => return Ok(wrong(error)),
        };
        let mut compiled = self.compiled();
        let size = compiled.with(validator.size())?;
        let number = push(&mut compiled.validators, validator)?;
        compiled.size = size;
        Ok(number)
    }

    /// Nothing if it fits, the changed value as JSON, or an object with Ajv's errors.
    fn check(&self, validator: usize, value: &str, part: &str) -> Result<Data, HostError> {
        let validator = get(&self.compiled().validators, validator)?;
        Ok(match validator.check(part, value) {
            Ok(Checked::Unchanged) => Data::Undefined,
            Ok(Checked::Changed(text)) => Data::Text(text),
            Err(ValidationError { message, errors, .. }) => Data::Map(vec![
                ("message".to_owned(), Data::Text(message)),
                ("errors".to_owned(), Data::Json(errors)),
            ]),
        })
    }

    fn serializer(&self, scope: usize, schema: &str) -> Result<Data, HostError> {
        let schemas = get(&self.compiled().scopes, scope)?;
        let serializer = match schemas.serializer(schema) {
            Ok(serializer) => serializer,
            Err(error) => return Ok(wrong(error)),
        };
        let mut compiled = self.compiled();
        let size = compiled.with(serializer.size())?;
        let number = push(&mut compiled.serializers, serializer)?;
        compiled.size = size;
        Ok(number)
    }

    fn serialize(&self, serializer: usize, value: &str) -> Result<Data, HostError> {
        let serializer = get(&self.compiled().serializers, serializer)?;
        serializer.write(value).map(Data::Text).map_err(|message| plain(&message))
    }
}

impl Compiled {
    /// The size with something more, if there is room for it.
    fn with(&self, more: usize) -> Result<usize, HostError> {
        let size = self.size.saturating_add(more);
        if size > MOST_BYTES {
            let megabytes = MOST_BYTES >> 20;
            let message = format!("the compiled schemas are larger than {megabytes} MB together");
            return Err(HostError::new("ERR_TOO_MANY_SCHEMAS", message));
        }
        Ok(size)
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> Result<Data, HostError> {
    if list.len() >= MOST {
        let message = format!("more than {MOST} schemas are compiled: compile each once");
        return Err(HostError::new("ERR_TOO_MANY_SCHEMAS", message));
    }
    list.push(item);
    Ok(Data::from(u32::try_from(list.len() - 1).unwrap_or(u32::MAX)))
}

fn get<T: Clone>(list: &[T], at: usize) -> Result<T, HostError> {
    list.get(at)
        .cloned()
        .ok_or_else(|| HostError::new("ERR_SCHEMA", "there is no such compiled schema"))
}

/// A schema that does not compile.
fn wrong(error: SchemaError) -> Data {
    let text = |text: Option<String>| text.map_or(Data::Undefined, Data::Text);
    Data::Map(vec![
        ("message".to_owned(), Data::Text(error.message)),
        ("shared".to_owned(), text(error.shared)),
        ("pointer".to_owned(), text(error.pointer)),
    ])
}

/// An error without a code: its caller gives it one.
fn plain(error: &impl ToString) -> HostError {
    HostError::new("", error.to_string())
}
