//! What the endpoints have in common.

use chrono::{NaiveDateTime, SecondsFormat};
use serde::Serializer;
use serde_json::json;
use tenantry_web::{ApiError, FieldError};

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// PostgreSQL's text holds any character but NUL.
pub(crate) fn text(value: &str, _: &()) -> garde::Result {
    let fault = garde::Error::new("holds a NUL character");
    if value.contains('\0') {
        Err(fault)
    } else {
        Ok(())
    }
}

/// What names a thing is not blank.
pub(crate) fn filled(value: &str, _: &()) -> garde::Result {
    let fault = garde::Error::new("is missing or blank");
    if value.trim().is_empty() {
        Err(fault)
    } else {
        text(value, &())
    }
}

pub(crate) fn no_such_user(field: &'static str) -> ApiError {
    ApiError::unprocessable([FieldError::new(field, "there is no such user")])
}

/// The answer where nothing has the id in the path: `{"error":"Project not found"}`.
pub(crate) fn not_found(what: &str) -> ApiError {
    let message = format!("{what} not found");
    ApiError::not_found("").with_body(json!({ "error": message }))
}

/// As JavaScript's `toISOString` writes it: `2024-01-15T10:30:00.000Z`.
pub(crate) fn iso<S: Serializer>(time: &Option<NaiveDateTime>, to: S) -> Result<S::Ok, S::Error> {
    match time.map(|time| time.and_utc().to_rfc3339_opts(SecondsFormat::Millis, true)) {
        Some(text) => to.serialize_str(&text),
        None => to.serialize_none(),
    }
}
