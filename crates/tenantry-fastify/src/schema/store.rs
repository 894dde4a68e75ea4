//! The shared schemas of a scope: what `addSchema` was given.

use std::sync::Arc;

use indexmap::IndexMap;

use super::answer::Serializer;
use super::budget::PART;
use super::compile::{Options, blame};
use super::error::SchemaError;
use super::validator::Validator;
use super::value::Value;
use super::{headers, json};

/// The schemas added to one scope by `addSchema`.
///
/// A clone is a scope of its own that begins with the same schemas, as a child scope inherits its parent's.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    added: IndexMap<String, Arc<Value>>,
}

impl Schemas {
    /// A scope without schemas.
    #[must_use]
    pub fn new() -> Schemas {
        Schemas::default()
    }

    /// Adds a schema, as JSON text, under its `$id`, and gives that.
    ///
    /// # Errors
    ///
    /// `FST_ERR_SCH_MISSING_ID`, `FST_ERR_SCH_ALREADY_PRESENT`, and `FST_ERR_SCH_VALIDATION_BUILD` for what is no
    /// JSON. Whether it is a schema is seen when a route is compiled that may use it, as in Fastify.
    pub fn add(&mut self, schema: &str) -> Result<String, SchemaError> {
        self.add_value(json::parse(schema).map_err(|reason| SchemaError::not_json(&reason))?)
    }

    pub(crate) fn add_value(&mut self, schema: Value) -> Result<String, SchemaError> {
        let id = match schema.get("$id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => return Err(SchemaError::missing_id()),
        };
        if self.added.contains_key(&id) {
            return Err(SchemaError::already_present(&id));
        }
        self.added.insert(id.clone(), Arc::new(schema));
        Ok(id)
    }

    /// The schema of an id, as JSON text.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<String> {
        self.added.get(id).map(|schema| json::text(schema))
    }

    /// About how many bytes the schemas take, of memory that is no isolate's.
    #[must_use]
    pub fn size(&self) -> usize {
        self.added.values().map(|schema| schema.weight() * PART).sum()
    }

    /// All ids, in the order they were added.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.added.keys().map(String::as_str)
    }

    /// Compiles one schema, as JSON text.
    ///
    /// # Errors
    ///
    /// `FST_ERR_SCH_VALIDATION_BUILD` with what is wrong.
    pub fn validator(&self, schema: &str) -> Result<Validator, SchemaError> {
        self.validator_of(json::parse(schema).map_err(|reason| SchemaError::not_json(&reason))?)
    }

    /// The same for headers, whose names are compared in lower case.
    ///
    /// # Errors
    ///
    /// As [`Schemas::validator`].
    pub fn headers(&self, schema: &str) -> Result<Validator, SchemaError> {
        let schema = json::parse(schema).map_err(|reason| SchemaError::not_json(&reason))?;
        self.validator_of(headers::lower_case(&schema))
    }

    fn validator_of(&self, schema: Value) -> Result<Validator, SchemaError> {
        let (schema, others) = (Arc::new(schema), self.all());
        Validator::compile(&schema, &others).map_err(|reason| {
            let blame = blame(&reason, &schema, &others, Options::REQUEST);
            SchemaError::unusable("FST_ERR_SCH_VALIDATION_BUILD", reason, blame)
        })
    }

    fn all(&self) -> Vec<Arc<Value>> {
        self.added.values().cloned().collect()
    }

    /// Compiles the schema of an answer, as JSON text.
    ///
    /// # Errors
    ///
    /// `FST_ERR_SCH_SERIALIZATION_BUILD` with what is wrong.
    pub fn serializer(&self, schema: &str) -> Result<Serializer, SchemaError> {
        let schema = json::parse(schema).map_err(|reason| SchemaError::not_json(&reason))?;
        let (schema, others) = (Arc::new(schema), self.all());
        Serializer::compile(&schema, &others).map_err(|reason| {
            let blame = blame(&reason, &schema, &others, Options::META);
            SchemaError::unusable("FST_ERR_SCH_SERIALIZATION_BUILD", reason, blame)
        })
    }
}
