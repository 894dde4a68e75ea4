//! What JavaScript asks of schemas: `host.call("schema.…")`.
//!
//! | function | arguments | answer |
//! |---|---|---|
//! | `schema.compiler` | shared schemas, a list as JSON text | a number for them |
//! | `schema.validator` | that number, a schema as JSON text, the part of the request | a number |
//! | `schema.check` | that number, a value as JSON text, the part | `{}` where it fits as it is, `{ value }` where it was changed, `{ errors }`: both JSON texts |
//! | `schema.serializer` | the number of shared schemas, a schema as JSON text | a number |
//! | `schema.serialize` | that number, a value as JSON text | the answer's text |

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tenantry_js::{Data, HostError};

use super::json;
use super::{Checked, Schemas, Serializer, Validator};

/// How many schemas an isolate may have compiled.
const MAX_COMPILED: usize = 10_000;

/// The compiled schemas of one isolate, by the numbers JavaScript knows them by.
#[derive(Debug, Default)]
pub struct SchemaFunctions {
    compiled: Mutex<Compiled>,
}

#[derive(Debug, Default)]
struct Compiled {
    shared: Vec<Schemas>,
    validators: Vec<Validator>,
    serializers: Vec<Serializer>,
    /// What was compiled before, so that the same schema is not compiled again.
    known: HashMap<Key, usize>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    shared: usize,
    kind: Kind,
    schema: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Validator,
    Headers,
    Serializer,
}

impl SchemaFunctions {
    /// Nothing compiled.
    #[must_use]
    pub fn new() -> SchemaFunctions {
        SchemaFunctions::default()
    }

    /// Calls a function by its name; `None` where it is not one of these.
    ///
    /// # Errors
    ///
    /// [`HostError`] with the reason as its message: of `schema.compiler`, `schema.validator` and `schema.serializer`
    /// for schemas that cannot be used, of `schema.serialize` for values that do not fit (status 500).
    pub fn call(&self, name: &str, args: &[Data]) -> Option<Result<Data, HostError>> {
        Some(match (name, args) {
            ("schema.compiler", [Data::Text(shared)]) => self.compiler(shared),
            ("schema.validator", [Data::Number(shared), Data::Text(schema), Data::Text(part)]) => {
                let kind = if part == "headers" { Kind::Headers } else { Kind::Validator };
                self.compile(*shared as usize, kind, schema)
            }
            ("schema.check", [Data::Number(id), Data::Text(value), Data::Text(part)]) => {
                self.check(*id as usize, value, part)
            }
            ("schema.serializer", [Data::Number(shared), Data::Text(schema)]) => {
                self.compile(*shared as usize, Kind::Serializer, schema)
            }
            ("schema.serialize", [Data::Number(id), Data::Text(value)]) => {
                self.serialize(*id as usize, value)
            }
            (name, args) if name.starts_with("schema.") => Err(HostError::new(
                "ERR_HOST_ARGUMENTS",
                format!("{name} cannot be called with {} such arguments", args.len()),
            )),
            _ => return None,
        })
    }

    fn compiler(&self, shared: &str) -> Result<Data, HostError> {
        let schemas =
            Schemas::of_list(shared).map_err(|error| HostError::new(error.code, error.message))?;
        self.with(|compiled| {
            if compiled.shared.len() >= MAX_COMPILED {
                return Err(too_many());
            }
            compiled.shared.push(schemas);
            Ok(Data::Number((compiled.shared.len() - 1) as f64))
        })
    }

    fn compile(&self, shared: usize, kind: Kind, schema: &str) -> Result<Data, HostError> {
        let key = Key { shared, kind, schema: schema.to_owned() };
        let schemas = self.with(|compiled| {
            if let Some(id) = compiled.known.get(&key) {
                return Ok(Err(*id));
            }
            if compiled.known.len() >= MAX_COMPILED {
                return Err(too_many());
            }
            compiled.shared.get(shared).cloned().map(Ok).ok_or_else(unknown)
        })?;
        let schemas = match schemas {
            Ok(schemas) => schemas,
            Err(id) => return Ok(Data::Number(id as f64)),
        };
        let refused = |error: super::SchemaError| HostError::new(error.code, error.message);
        let id = match kind {
            Kind::Validator | Kind::Headers => {
                let validator = if kind == Kind::Headers {
                    schemas.headers(schema)
                } else {
                    schemas.validator(schema)
                };
                let validator = validator.map_err(refused)?;
                self.with(|compiled| {
                    compiled.validators.push(validator);
                    compiled.validators.len() - 1
                })
            }
            Kind::Serializer => {
                let serializer = schemas.serializer(schema).map_err(refused)?;
                self.with(|compiled| {
                    compiled.serializers.push(serializer);
                    compiled.serializers.len() - 1
                })
            }
        };
        self.with(|compiled| compiled.known.insert(key, id));
        Ok(Data::Number(id as f64))
    }

    fn check(&self, id: usize, value: &str, part: &str) -> Result<Data, HostError> {
        let validator =
            self.with(|compiled| compiled.validators.get(id).cloned()).ok_or_else(unknown)?;
        Ok(Data::Map(match validator.check(part, value) {
            Ok(Checked::Unchanged) => Vec::new(),
            Ok(Checked::Changed(value)) => vec![("value".to_owned(), Data::Text(value))],
            Err(error) => vec![("errors".to_owned(), Data::Text(error.errors))],
        }))
    }

    fn serialize(&self, id: usize, value: &str) -> Result<Data, HostError> {
        let serializer =
            self.with(|compiled| compiled.serializers.get(id).cloned()).ok_or_else(unknown)?;
        serializer
            .write(value)
            .map(Data::Text)
            .map_err(|reason| HostError::new("FST_ERR_SERIALIZATION", reason).with_status(500))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Compiled) -> T) -> T {
        work(&mut self.compiled.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn too_many() -> HostError {
    HostError::new(
        "ERR_TOO_MANY_SCHEMAS",
        format!("more than {MAX_COMPILED} schemas have been compiled"),
    )
}

fn unknown() -> HostError {
    HostError::new("ERR_HOST_ARGUMENTS", "no such compiled schema")
}

impl Schemas {
    /// A scope with the schemas of a list, as JSON text.
    fn of_list(list: &str) -> Result<Schemas, super::SchemaError> {
        let list = json::parse(list).map_err(|reason| super::SchemaError::not_json(&reason))?;
        let mut schemas = Schemas::new();
        for schema in list.as_array().unwrap_or_default() {
            schemas.add_value(schema.clone())?;
        }
        Ok(schemas)
    }
}
