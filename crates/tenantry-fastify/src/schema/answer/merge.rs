//! Several schemas of one value as one: what `allOf` and keywords beside a `$ref` come to.

use crate::schema::uri;
use crate::schema::value::{Object, Value};

/// A copy whose references do not depend on where it stands.
pub(super) fn absolute(schema: &Value, base: &str) -> Value {
    match schema {
        Value::Object(object) => {
            let own = object.get("$id").and_then(Value::as_str).filter(|id| !id.starts_with('#'));
            let base = own.map_or_else(|| base.to_owned(), |id| uri::resolve(base, id));
            let entry = |(key, value): (&String, &Value)| {
                let value = match (key.as_str(), value) {
                    ("$ref", Value::String(reference)) => {
                        Value::String(uri::resolve(&base, reference))
                    }
                    (_, value) => absolute(value, &base),
                };
                (key.clone(), value)
            };
            Value::Object(object.iter().map(entry).collect())
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| absolute(item, base)).collect())
        }
        value => value.clone(),
    }
}

/// Adds a schema to another. Where they contradict each other the first stays.
pub(super) fn merge(into: &mut Object, from: &Object) {
    for (key, value) in from.iter().filter(|(key, _)| *key != "$id") {
        match into.get_mut(key) {
            None => {
                into.insert(key.clone(), value.clone());
            }
            Some(present) => merge_keyword(key, present, value),
        }
    }
}

fn merge_keyword(key: &str, present: &mut Value, value: &Value) {
    match (key, &mut *present, value) {
        (
            "properties" | "patternProperties" | "definitions" | "$defs",
            Value::Object(map),
            Value::Object(more),
        ) => {
            for (name, schema) in more {
                match (map.get_mut(name), schema) {
                    (Some(Value::Object(present)), Value::Object(schema)) => merge(present, schema),
                    (Some(_), _) => {}
                    (None, schema) => {
                        map.insert(name.clone(), schema.clone());
                    }
                }
            }
        }
        ("required" | "allOf", Value::Array(list), Value::Array(more)) => {
            for item in more {
                if !list.contains(item) {
                    list.push(item.clone());
                }
            }
        }
        (
            "items" | "additionalProperties" | "additionalItems",
            Value::Object(schema),
            Value::Object(more),
        ) => merge(schema, more),
        (
            "items" | "additionalProperties" | "additionalItems",
            Value::Bool(true),
            Value::Object(_),
        )
        | ("additionalProperties" | "additionalItems", _, Value::Bool(false)) => {
            *present = value.clone()
        }
        ("nullable", Value::Bool(nullable), Value::Bool(other)) => *nullable &= *other,
        ("type", _, _) => {
            let both: Vec<Value> =
                list(present).into_iter().filter(|kind| list(value).contains(kind)).collect();
            match <[Value; 1]>::try_from(both) {
                Ok([single]) => *present = single,
                Err(both) if !both.is_empty() => *present = Value::Array(both),
                Err(_) => {}
            }
        }
        ("anyOf" | "oneOf", Value::Array(options), Value::Array(more)) => {
            let mut product = Vec::new();
            for (option, other) in
                options.iter().flat_map(|option| more.iter().map(move |other| (option, other)))
            {
                if let (Value::Object(option), Value::Object(other)) = (option, other) {
                    let mut option = option.clone();
                    merge(&mut option, other);
                    product.push(Value::Object(option));
                }
            }
            *options = product;
        }
        _ => {}
    }
}

fn list(kinds: &Value) -> Vec<Value> {
    match kinds {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    }
}
