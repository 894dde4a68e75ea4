//! Several schemas of one value as one: what `allOf` and keywords beside a `$ref` come to.

use crate::schema::budget::{Budget, PART};
use crate::schema::uri;
use crate::schema::value::{self, Object, Value};

/// How many options `anyOf` or `oneOf` may have when several of them are one: each of one with each of the other.
const MAX_OPTIONS: usize = 5_000;

/// A copy whose references do not depend on where it stands.
pub(super) fn absolute(schema: &Value, base: &str, budget: &mut Budget) -> Result<Value, String> {
    match schema {
        Value::Object(object) => absolute_object(object, base, budget).map(Value::Object),
        Value::Array(items) => {
            budget.take(1)?;
            let items = items.iter().map(|item| absolute(item, base, budget));
            items.collect::<Result<Vec<_>, String>>().map(Value::Array)
        }
        value => budget.copy(value),
    }
}

/// The same for a schema's keywords.
pub(super) fn absolute_object(
    object: &Object,
    base: &str,
    budget: &mut Budget,
) -> Result<Object, String> {
    let own = object.get("$id").and_then(Value::as_str).filter(|id| !id.starts_with('#'));
    let resolved = own.map(|id| uri::resolve(base, id));
    let base = resolved.as_deref().unwrap_or(base);
    budget.take(1 + resolved.as_ref().map_or(0, |base| base.len() / PART))?;
    let mut copy = Object::with_capacity(object.len());
    for (key, value) in object {
        let value = match (key.as_str(), value) {
            ("$ref", Value::String(reference)) => {
                budget.take(1 + (base.len() + reference.len()) / PART)?;
                Value::String(uri::resolve(base, reference))
            }
            (_, value) => absolute(value, base, budget)?,
        };
        budget.take(1 + key.len() / PART)?;
        copy.insert(key.clone(), value);
    }
    Ok(copy)
}

/// Adds a schema to another. Where they contradict each other the first stays.
pub(super) fn merge(into: &mut Object, from: &Object, budget: &mut Budget) -> Result<(), String> {
    for (key, value) in from.iter().filter(|(key, _)| *key != "$id") {
        budget.take(1)?;
        match into.get_mut(key) {
            None => {
                into.insert(key.clone(), budget.copy(value)?);
            }
            Some(present) => merge_keyword(key, present, value, budget)?,
        }
    }
    Ok(())
}

fn merge_keyword(
    key: &str,
    present: &mut Value,
    value: &Value,
    budget: &mut Budget,
) -> Result<(), String> {
    match (key, &mut *present, value) {
        (
            "properties" | "patternProperties" | "definitions" | "$defs",
            Value::Object(map),
            Value::Object(more),
        ) => merge_maps(map, more, budget)?,
        ("required" | "allOf", Value::Array(list), Value::Array(more)) => {
            add_to_list(list, more, budget)?;
        }
        (
            "items" | "additionalProperties" | "additionalItems",
            Value::Object(schema),
            Value::Object(more),
        ) => merge(schema, more, budget)?,
        (
            "items" | "additionalProperties" | "additionalItems",
            Value::Bool(true),
            Value::Object(_),
        )
        | ("additionalProperties" | "additionalItems", _, Value::Bool(false)) => {
            *present = budget.copy(value)?;
        }
        ("nullable", Value::Bool(nullable), Value::Bool(other)) => *nullable &= *other,
        ("type", _, _) => {
            let (first, second) = (list(present), list(value));
            budget.take(first.len() * (1 + second.len() / 8))?;
            let both: Vec<Value> =
                first.iter().filter(|kind| second.contains(kind)).cloned().collect();
            match <[Value; 1]>::try_from(both) {
                Ok([single]) => *present = single,
                Err(both) if !both.is_empty() => *present = Value::Array(both),
                Err(_) => {}
            }
        }
        ("anyOf" | "oneOf", Value::Array(options), Value::Array(more)) => {
            *options = product(key, options, more, budget)?;
        }
        _ => {}
    }
    Ok(())
}

fn merge_maps(map: &mut Object, more: &Object, budget: &mut Budget) -> Result<(), String> {
    for (name, schema) in more {
        match (map.get_mut(name), schema) {
            (Some(Value::Object(present)), Value::Object(schema)) => {
                merge(present, schema, budget)?;
            }
            (Some(_), _) => {}
            (None, schema) => {
                budget.take(1 + name.len() / PART)?;
                map.insert(name.clone(), budget.copy(schema)?);
            }
        }
    }
    Ok(())
}

/// Adds what is not in a list yet, which is looked through for each.
fn add_to_list(list: &mut Vec<Value>, more: &[Value], budget: &mut Budget) -> Result<(), String> {
    for item in more {
        let is_whole = matches!(item, Value::Object(_) | Value::Array(_));
        let each = if is_whole { item.weight() } else { 0 };
        budget.take(list.len() / 8 + list.len().saturating_mul(each))?;
        if !list.contains(item) {
            list.push(budget.copy(item)?);
        }
    }
    Ok(())
}

/// Each option of one union with each of another.
fn product(
    keyword: &str,
    options: &[Value],
    more: &[Value],
    budget: &mut Budget,
) -> Result<Vec<Value>, String> {
    let count = options.len().saturating_mul(more.len());
    if count > MAX_OPTIONS {
        return Err(format!(
            "{keyword} is too large: together, the schemas of one value have {count} options, which is more than {MAX_OPTIONS}"
        ));
    }
    let mut product = Vec::new();
    for option in options {
        for other in more {
            if let (Value::Object(option), Value::Object(other)) = (option, other) {
                budget.take(1 + value::weight(option))?;
                let mut option = option.clone();
                merge(&mut option, other, budget)?;
                product.push(Value::Object(option));
            }
        }
    }
    Ok(product)
}

fn list(kinds: &Value) -> &[Value] {
    match kinds {
        Value::Array(kinds) => kinds,
        kind => std::slice::from_ref(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::json;

    fn merged(one: &str, other: &str) -> Result<String, String> {
        let mut budget = Budget::default();
        let mut schema = json::parse(one).expect(one);
        if let (Value::Object(schema), Value::Object(other)) =
            (&mut schema, json::parse(other).expect(other))
        {
            merge(schema, &other, &mut budget)?;
        }
        Ok(json::text(&schema))
    }

    #[test]
    fn keywords_are_merged() {
        for (one, other, expected) in [
            (r#"{"type":["string","null"]}"#, r#"{"type":"string"}"#, r#"{"type":"string"}"#),
            (r#"{"type":"string"}"#, r#"{"type":"number"}"#, r#"{"type":"string"}"#),
            (r#"{"required":["a"]}"#, r#"{"required":["b","a"]}"#, r#"{"required":["a","b"]}"#),
            (
                r#"{"anyOf":[{"a":1},{"b":1}]}"#,
                r#"{"anyOf":[{"c":1}]}"#,
                r#"{"anyOf":[{"a":1,"c":1},{"b":1,"c":1}]}"#,
            ),
            (
                r#"{"properties":{"a":{"type":"string"}}}"#,
                r#"{"properties":{"a":{"format":"date"},"b":true}}"#,
                r#"{"properties":{"a":{"type":"string","format":"date"},"b":true}}"#,
            ),
        ] {
            assert_eq!(merged(one, other).as_deref(), Ok(expected), "{one} with {other}");
        }
    }

    #[test]
    fn unions_of_too_many_options_are_refused() {
        let union = |count: usize| format!(r#"{{"oneOf":[{}]}}"#, vec!["{}"; count].join(","));
        assert!(merged(&union(70), &union(70)).is_ok());
        let refused = merged(&union(100), &union(100)).expect_err("too many");
        assert!(refused.contains("oneOf is too large"), "{refused}");
        assert!(refused.contains("10000 options"), "{refused}");
    }
}
