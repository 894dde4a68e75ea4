mod conversions;

use std::{borrow::Cow, error::Error as StdError, fmt};

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::{Span, field::display};

use crate::request_id::{self, RequestId};

type Source = Box<dyn StdError + Send + Sync>;

/// How many seconds a client is asked to wait after a 503.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// An error as the client sees it: a status, a stable code and a message.
///
/// The body is `{"success":false,"error":{"code","message","statusCode"}}`, with `details` for
/// invalid input. What caused it stays here: it is logged when the server is at fault, and no SQL,
/// schema or address reaches a client.
///
/// [`tenantry::Error`] and Diesel's error convert into it, so that `?` does what is right.
///
/// ```
/// use axum::http::StatusCode;
/// use tenantry_web::ApiError;
///
/// let error = ApiError::conflict("a user with this email is there already");
/// assert_eq!((error.status(), error.code()), (StatusCode::CONFLICT, "CONFLICT"));
/// ```
#[derive(Debug)]
pub struct ApiError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    details: Vec<FieldError>,
    body: Option<serde_json::Value>,
    source: Option<Source>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    field: Cow<'static, str>,
    message: Cow<'static, str>,
}

impl FieldError {
    /// The field, by the name it has in the request, and what is wrong with it.
    pub fn new(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl ApiError {
    /// An error with a code of the application's own. The message is for the client.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (message, details) = (message.into(), Vec::new());
        Self(Box::new(Parts {
            status,
            code,
            message,
            details,
            body: None,
            source: None,
        }))
    }

    /// 400 `VALIDATION_ERROR`, with what is wrong with each field.
    #[must_use]
    pub fn validation(details: impl IntoIterator<Item = FieldError>) -> Self {
        let mut error = Self::invalid("the request is not valid");
        error.0.details.extend(details);
        error
    }

    /// 400 `VALIDATION_ERROR` for a request that is wrong as a whole.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// 404 `NOT_FOUND`.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// 409 `CONFLICT`.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// 422 `UNPROCESSABLE_ENTITY`: well-formed, and a field refers to what is not there.
    pub fn unprocessable(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let whole = "the request refers to what does not exist";
        let mut error = Self::new(status, "UNPROCESSABLE_ENTITY", whole);
        error.0.details.push(FieldError::new(field, message));
        error
    }

    /// 400 `TENANT_REQUIRED`.
    #[must_use]
    pub fn tenant_required() -> Self {
        let message = "this request names no tenant";
        Self::new(StatusCode::BAD_REQUEST, "TENANT_REQUIRED", message)
    }

    /// 400 `TENANT_INVALID`.
    pub fn tenant_invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "TENANT_INVALID", message)
    }

    /// 503 `DATABASE_UNAVAILABLE`, with `Retry-After`.
    #[must_use]
    pub fn database_unavailable() -> Self {
        let message = "the database cannot be reached just now";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "DATABASE_UNAVAILABLE",
            message,
        )
    }

    /// 500 `INTERNAL_ERROR`; the cause is logged and not shown.
    pub fn internal(cause: impl Into<Source>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(
            status,
            "INTERNAL_ERROR",
            "something went wrong on the server",
        )
        .because(cause)
    }

    /// Keeps what caused it, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Source>) -> Self {
        self.0.source = Some(cause.into());
        self
    }

    /// Sends this body in place of the envelope: for an API that has promised another.
    #[must_use]
    pub fn with_body(mut self, body: serde_json::Value) -> Self {
        self.0.body = Some(body);
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The message for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What is wrong with each field.
    #[must_use]
    pub fn details(&self) -> &[FieldError] {
        &self.0.details
    }

    /// What the server could not do is logged where it is answered, with the request's id: a fault
    /// as an error, and what may go better next time as a warning.
    fn log(&self) {
        let Self(parts) = self;
        // Inside of the request's span, the id is there already.
        let id = if Span::current().is_none() {
            request_id::current()
        } else {
            None
        };
        let request_id = id.as_ref().map(RequestId::as_str);
        let (status, code) = (parts.status.as_u16(), parts.code);
        let cause = parts.source.as_ref().map(display);
        if parts.status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(request_id, status, code, cause, "{}", parts.message);
        } else {
            tracing::error!(request_id, status, code, cause, "{}", parts.message);
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.message, self.0.code)
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    success: bool,
    error: Body<'a>,
}

impl<'a> Envelope<'a> {
    fn of(parts: &'a Parts) -> Self {
        let Parts {
            status,
            code,
            message,
            details,
            ..
        } = parts;
        let error = Body {
            code,
            message,
            status_code: status.as_u16(),
            details,
        };
        Self {
            success: false,
            error,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    status_code: u16,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'a [FieldError],
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status().is_server_error() {
            self.log();
        }
        let parts = *self.0;
        let mut response = match &parts.body {
            Some(body) => axum::Json(body).into_response(),
            None => axum::Json(Envelope::of(&parts)).into_response(),
        };
        *response.status_mut() = parts.status;
        if parts.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(error: ApiError) -> String {
        let body = error.into_response().into_body();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_body_is_the_envelope() {
        assert_eq!(
            body(ApiError::conflict("it is taken")).await,
            r#"{"success":false,"error":{"code":"CONFLICT","message":"it is taken","statusCode":409}}"#
        );
        assert_eq!(
            body(ApiError::validation([FieldError::new(
                "name",
                "is missing"
            )]))
            .await,
            r#"{"success":false,"error":{"code":"VALIDATION_ERROR","message":"the request is not valid","statusCode":400,"details":[{"field":"name","message":"is missing"}]}}"#
        );
    }

    #[tokio::test]
    async fn a_promised_body_is_sent_in_place_of_the_envelope() {
        let error = ApiError::not_found("x").with_body(serde_json::json!({"error": "no x"}));
        assert_eq!(error.status(), StatusCode::NOT_FOUND);
        assert_eq!(body(error).await, r#"{"error":"no x"}"#);
    }

    #[tokio::test]
    async fn the_cause_is_kept_and_not_shown() {
        let error = ApiError::internal("SELECT secret FROM tenant_acme.users");
        assert!(
            StdError::source(&error)
                .unwrap()
                .to_string()
                .contains("secret")
        );
        assert!(!body(error).await.contains("secret"));
    }

    #[test]
    fn only_a_503_says_when_to_come_again() {
        let retry_after =
            |error: ApiError| error.into_response().headers().get(RETRY_AFTER).cloned();
        assert_eq!(retry_after(ApiError::database_unavailable()).unwrap(), "1");
        assert_eq!(retry_after(ApiError::internal("x")), None);
    }
}
