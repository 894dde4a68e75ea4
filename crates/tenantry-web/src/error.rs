mod answer;
mod conversions;
mod field;

use std::{borrow::Cow, error::Error as StdError, fmt};

use axum::http::StatusCode;

pub use self::field::FieldError;

type Source = Box<dyn StdError + Send + Sync>;

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

impl ApiError {
    /// An error with a code of the application's own. The message is for the client.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (message, details) = (message.into(), Vec::new());
        Self(Box::new(Parts { status, code, message, details, body: None, source: None }))
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
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "DATABASE_UNAVAILABLE", message)
    }

    /// 500 `INTERNAL_ERROR`; the cause is logged and not shown.
    pub fn internal(cause: impl Into<Source>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "INTERNAL_ERROR", "something went wrong on the server").because(cause)
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
