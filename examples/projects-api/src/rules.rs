//! What the endpoints have in common.

use chrono::{NaiveDateTime, SecondsFormat};
use serde::{Serialize, Serializer};
use serde_json::json;
use tenantry_web::ApiError;

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// PostgreSQL's text holds any character but NUL.
pub(crate) fn text(value: &str, _: &()) -> garde::Result {
    let nul = value.find('\0').map(|_| garde::Error::new("holds a NUL character"));
    nul.map_or(Ok(()), Err)
}

/// What names a thing is not blank.
pub(crate) fn filled(value: &str, _: &()) -> garde::Result {
    let said = value.find(|c: char| !c.is_whitespace());
    said.ok_or_else(|| garde::Error::new("is missing or blank"))?;
    text(value, &())
}

/// The answer where nothing has the id in the path: `{"error":"Project not found"}`.
pub(crate) fn not_found(error: &'static str) -> ApiError {
    ApiError::not_found(error).with_body(json!({ "error": error }))
}

/// As JavaScript's `toISOString` writes it: `2024-01-15T10:30:00.000Z`.
pub(crate) fn iso<S: Serializer>(time: &Option<NaiveDateTime>, to: S) -> Result<S::Ok, S::Error> {
    let text = |time: NaiveDateTime| time.and_utc().to_rfc3339_opts(SecondsFormat::Millis, true);
    time.map(text).serialize(to)
}
