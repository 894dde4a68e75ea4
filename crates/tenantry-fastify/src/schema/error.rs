//! What can be wrong with a schema, and with a value.

use super::compile::Blame;
use super::json;
use super::value::{Value, object};

/// A schema that cannot be used. The message names the place; the code is Fastify's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// Fastify's code, such as `FST_ERR_SCH_VALIDATION_BUILD`.
    pub code: &'static str,
    /// What is wrong, and where.
    pub message: String,
    /// The `$id` of the schema that is wrong, if that is one that was added and not the one that was to be compiled.
    pub shared: Option<String>,
    /// A JSON pointer to what is wrong in that schema, where it is known.
    pub pointer: Option<String>,
}

impl SchemaError {
    fn new(code: &'static str, message: String) -> SchemaError {
        SchemaError { code, message, shared: None, pointer: None }
    }

    pub(crate) fn missing_id() -> SchemaError {
        SchemaError::new("FST_ERR_SCH_MISSING_ID", "Missing schema $id property".to_owned())
    }

    pub(crate) fn already_present(id: &str) -> SchemaError {
        let message = format!("Schema with id '{id}' already declared!");
        SchemaError::new("FST_ERR_SCH_ALREADY_PRESENT", message)
    }

    pub(crate) fn not_json(reason: &str) -> SchemaError {
        let message = format!("the schema is no JSON: {reason}");
        SchemaError::new("FST_ERR_SCH_VALIDATION_BUILD", message)
    }

    /// For a schema that does not compile, with what is to blame for it.
    pub(crate) fn unusable(
        code: &'static str,
        reason: String,
        blame: Option<Blame>,
    ) -> SchemaError {
        let (shared, pointer) = match blame {
            Some(blame) => (blame.shared, Some(blame.pointer)),
            None => (None, None),
        };
        SchemaError { shared, pointer, ..SchemaError::new(code, reason) }
    }
}

/// A request that does not fit its schema: `FST_ERR_VALIDATION`, answered with 400.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ValidationError {
    /// As Fastify writes it: `body must have required property 'name'`.
    pub message: String,
    /// What was looked at: `body`, `querystring`, `params` or `headers`.
    pub context: String,
    /// The list of errors in Ajv's shape, as JSON text.
    pub errors: String,
}

impl ValidationError {
    /// The code of each of these errors.
    pub const CODE: &'static str = "FST_ERR_VALIDATION";

    pub(crate) fn new(context: &str, errors: &[Violation]) -> ValidationError {
        let message: Vec<String> = errors
            .iter()
            .map(|error| format!("{context}{} {}", error.instance_path, error.message))
            .collect();
        let list = Value::Array(errors.iter().map(Violation::to_value).collect());
        ValidationError {
            message: message.join(", "),
            context: context.to_owned(),
            errors: json::text(&list),
        }
    }

    /// For what is no error of the value itself, but stands in the way of checking it.
    pub(crate) fn limit(context: &str, reason: String) -> ValidationError {
        let violation = Violation {
            instance_path: String::new(),
            schema_path: "#".to_owned(),
            keyword: "limit",
            params: object([]),
            message: reason,
            property_name: None,
        };
        ValidationError::new(context, &[violation])
    }
}

/// One error of a value, as Ajv reports it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Violation {
    pub(crate) instance_path: String,
    pub(crate) schema_path: String,
    pub(crate) keyword: &'static str,
    pub(crate) params: Value,
    pub(crate) message: String,
    /// The key, for errors under `propertyNames`.
    pub(crate) property_name: Option<String>,
}

impl Violation {
    fn to_value(&self) -> Value {
        let mut value = object([
            ("instancePath", self.instance_path.as_str().into()),
            ("schemaPath", self.schema_path.as_str().into()),
            ("keyword", self.keyword.into()),
            ("params", self.params.clone()),
            ("message", self.message.as_str().into()),
        ]);
        if let (Value::Object(object), Some(name)) = (&mut value, &self.property_name) {
            object.insert("propertyName".to_owned(), name.as_str().into());
        }
        value
    }
}
