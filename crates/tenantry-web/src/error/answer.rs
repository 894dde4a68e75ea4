//! How an error is answered, and logged.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::{Span, field::display};

use super::{ApiError, FieldError, Parts};
use crate::request_id::{self, RequestId};

/// How many seconds a client is asked to wait after a 503.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

impl ApiError {
    /// What the server could not do is logged where it is answered, with the request's id: a fault
    /// as an error, and what may go better next time as a warning.
    fn log(&self) {
        let Self(parts) = self;
        // Inside of the request's span, the id is there already.
        let id = if Span::current().is_none() { request_id::current() } else { None };
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

#[derive(Serialize)]
struct Envelope<'a> {
    success: bool,
    error: Body<'a>,
}

impl<'a> Envelope<'a> {
    fn of(parts: &'a Parts) -> Self {
        let Parts { status, code, message, details, .. } = parts;
        let error = Body { code, message, status_code: status.as_u16(), details };
        Self { success: false, error }
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
        self.answer()
    }
}

impl ApiError {
    /// The answer.
    pub(crate) fn answer(&self) -> Response {
        if self.status().is_server_error() {
            self.log();
        }
        let Self(parts) = self;
        let mut response = match &parts.body {
            Some(body) => axum::Json(body).into_response(),
            None => axum::Json(Envelope::of(parts)).into_response(),
        };
        *response.status_mut() = parts.status;
        if parts.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

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
            body(ApiError::validation([FieldError::new("name", "is missing")])).await,
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
        assert!(error.source().unwrap().to_string().contains("secret"));
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
