//! Whether a schema is one: draft 07's schema of schemas.

use std::sync::{Arc, LazyLock};

use super::compile::Options;
use super::json;
use super::validator::Validator;
use super::value::Value;

static DRAFT_07: LazyLock<Result<Validator, String>> = LazyLock::new(|| {
    let schema = Arc::new(json::parse(include_str!("draft-07.json"))?);
    Validator::with_options(&schema, &[], Options::META)
});

/// Checks a schema against draft 07's own. Those of later drafts are checked keyword by keyword as they are compiled.
pub(crate) fn check(schema: &Value) -> Result<(), String> {
    let newer = schema
        .get("$schema")
        .and_then(Value::as_str)
        .is_some_and(|name| name.contains("/draft/20"));
    if newer {
        return Ok(());
    }
    let errors =
        DRAFT_07.as_ref().map_err(Clone::clone)?.errors(schema, json::text(schema).len())?;
    if errors.is_empty() {
        return Ok(());
    }
    let errors: Vec<String> = errors
        .iter()
        .map(|error| format!("data{} {}", error.instance_path, error.message))
        .collect();
    Err(format!("schema is invalid: {}", errors.join(", ")))
}
