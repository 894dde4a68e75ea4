//! Schemas of headers: their names are compared in lower case.

use super::value::{Object, Value};

/// A schema with all names of headers in lower case.
pub(crate) fn lower_case(schema: &Value) -> Value {
    transform(schema, false)
}

fn transform(schema: &Value, names: bool) -> Value {
    match schema {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| transform(item, names)).collect())
        }
        Value::Object(object) => {
            let keyword = |(key, value): (&String, &Value)| (key.clone(), below(key, value, names));
            Value::Object(object.iter().map(keyword).collect())
        }
        value => value.clone(),
    }
}

fn below(keyword: &str, value: &Value, names: bool) -> Value {
    match (keyword, value) {
        ("required", value) => lower_list(value),
        (
            "properties" | "dependencies" | "dependentSchemas" | "dependentRequired",
            Value::Object(map),
        ) => {
            let entry = |(name, value): (&String, &Value)| {
                let value = if matches!(value, Value::Array(_)) {
                    lower_list(value)
                } else {
                    transform(value, names)
                };
                (name.to_lowercase(), value)
            };
            Value::Object(map.iter().map(entry).collect::<Object>())
        }
        ("definitions" | "$defs" | "patternProperties", Value::Object(map)) => Value::Object(
            map.iter().map(|(name, value)| (name.clone(), transform(value, names))).collect(),
        ),
        (
            "allOf"
            | "anyOf"
            | "oneOf"
            | "not"
            | "if"
            | "then"
            | "else"
            | "items"
            | "additionalItems"
            | "additionalProperties"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "contains",
            value,
        ) => transform(value, names),
        ("propertyNames", value) => transform(value, true),
        ("enum" | "const", value) if names => lower_list(value),
        (_, value) => value.clone(),
    }
}

fn lower_list(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.to_lowercase()),
        Value::Array(items) => Value::Array(items.iter().map(lower_list).collect()),
        value => value.clone(),
    }
}
