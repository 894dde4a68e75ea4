use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{ApiError, FieldError};

/// A body in JSON, coming in or going out.
///
/// Refused with an [`ApiError`]: malformed JSON and a value that does not fit with 400
/// `VALIDATION_ERROR` and the field, another content type with 415, a body over axum's
/// [limit](axum::extract::DefaultBodyLimit) with 413.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let message = "the body has to be JSON: content-type: application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(ApiError::new(status, "UNSUPPORTED_MEDIA_TYPE", message));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Whether the content type is `application/json` or `application/…+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = "the body is too large";
        return ApiError::new(rejection.status(), "PAYLOAD_TOO_LARGE", message);
    }
    ApiError::invalid("the body cannot be read").because(rejection)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        invalid(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| invalid(".", &error))?;
    Ok(value)
}

/// The field is named where there is one: a missing one is known by serde's message alone.
fn invalid(path: &str, error: &serde_json::Error) -> ApiError {
    let message = error.to_string();
    if !error.is_data() {
        return ApiError::invalid(format!("the body is no valid JSON: {message}"));
    }
    let (message, _) = message.rsplit_once(" at line ").unwrap_or((&message, ""));
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let (field, message) = match (missing, path) {
        (Some(field), ".") => (field.to_owned(), "is missing"),
        (Some(field), path) => (format!("{path}.{field}"), "is missing"),
        (None, ".") => return ApiError::invalid(format!("the body does not fit: {message}")),
        (None, path) => (path.to_owned(), message),
    };
    ApiError::validation([FieldError::new(field, message.to_owned())])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Order {
        #[expect(dead_code, reason = "only its parsing matters")]
        item: Item,
    }

    #[derive(Debug, Deserialize)]
    struct Item {
        #[expect(dead_code, reason = "only its parsing matters")]
        count: u8,
    }

    fn refusal(json: &str) -> (String, Vec<(String, String)>) {
        let error = parse::<Order>(json.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "VALIDATION_ERROR");
        let owned = |it: &FieldError| (it.field().to_owned(), it.message().to_owned());
        (error.message().to_owned(), error.details().iter().map(owned).collect())
    }

    fn field(json: &str) -> (String, String) {
        refusal(json).1.remove(0)
    }

    #[test]
    fn a_field_that_does_not_fit_is_named() {
        let pair = |field: &str, message: &str| (field.to_owned(), message.to_owned());
        assert_eq!(field("{}"), pair("item", "is missing"));
        assert_eq!(field(r#"{"item":{}}"#), pair("item.count", "is missing"));
        assert_eq!(
            field(r#"{"item":{"count":300}}"#),
            pair("item.count", "invalid value: integer `300`, expected u8")
        );
    }

    #[test]
    fn what_is_no_json_or_no_object_is_told_as_a_whole() {
        for json in ["", "{", "{\"item\":}", "\0", "{} {}", "{\"item\":{\"count\":1}} x"] {
            let (message, details) = refusal(json);
            assert!(!message.is_empty());
            assert!(details.is_empty() || json == "{} {}", "{json}: {details:?}");
        }
        assert_eq!(
            refusal("7").0,
            "the body does not fit: invalid type: integer `7`, expected struct Order"
        );
    }

    #[test]
    fn json_is_known_by_its_content_type() {
        let is = |value: &'static str| {
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]))
        };
        for yes in ["application/json", "Application/JSON; charset=utf-8", "application/hal+json"] {
            assert!(is(yes), "{yes}");
        }
        for no in ["text/plain", "application/jsonp", "", "text/json", "application/json5"] {
            assert!(!is(no), "{no}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
