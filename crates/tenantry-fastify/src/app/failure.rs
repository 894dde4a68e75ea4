//! The answer where JavaScript gave none.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;
use tenantry_js::{JsError, JsErrorKind};

/// Why JavaScript gave no answer; in the extensions of the response that stands for it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What happened.
    pub error: JsError,
}

/// A response in the shape of Fastify's errors. It says which limit was passed, and nothing of the application's inside.
pub(super) fn response(error: &JsError) -> Response<Bytes> {
    let (status, code, message) = match error.kind {
        JsErrorKind::Cpu => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "TENANT_CPU_LIMIT",
            "The request took too much CPU time",
        ),
        JsErrorKind::Memory => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "TENANT_MEMORY_LIMIT",
            "The request took too much memory",
        ),
        JsErrorKind::Stack => {
            (StatusCode::INTERNAL_SERVER_ERROR, "TENANT_STACK_LIMIT", "The request went too deep")
        }
        JsErrorKind::Wall => {
            (StatusCode::GATEWAY_TIMEOUT, "TENANT_TIMEOUT", "The request took too long")
        }
        JsErrorKind::Result => {
            (StatusCode::INTERNAL_SERVER_ERROR, "TENANT_RESPONSE", "The response cannot be sent")
        }
        JsErrorKind::Condemned | JsErrorKind::Closed => {
            (StatusCode::SERVICE_UNAVAILABLE, "TENANT_UNAVAILABLE", "Service Unavailable")
        }
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "TENANT_ERROR", "Internal Server Error"),
    };
    let body = json!({
        "statusCode": status.as_u16(),
        "code": code,
        "error": status.canonical_reason().unwrap_or("Error"),
        "message": message,
    });
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response.extensions_mut().insert(Failure { error: error.clone() });
    response
}
