//! What a client gets where a tenant's application has answered, or failed to.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde_json::{Value, json};
use tenantry_web::ApiError;

use crate::{
    application::Failed,
    error_handler::FailedRequest,
    server::{Core, TenantHandle},
    tenants::Tenant,
};

/// The application's answer; where nothing of the tenant's has handled an error, what the server has
/// to say.
pub(super) async fn finished(
    core: &Core,
    tenant: &Tenant,
    head: Option<Arc<Parts>>,
    request_id: String,
    mut response: http::Response<Bytes>,
) -> Response {
    let (Some(failed), Some(loaded)) =
        (response.extensions_mut().remove::<Failed>(), tenant.known())
    else {
        return response.map(Body::from);
    };
    let handler = core.error_handler.load_full();
    if let (Some(handler), Some(request)) = (handler, head) {
        let Failed { code, message, status } = failed;
        let tenant = TenantHandle::new(tenant.id().clone(), loaded);
        let failed =
            FailedRequest { request, request_id, tenant, code: code.into(), message, status };
        return handler.answer(failed).await;
    }
    match custom(&loaded.config, &failed) {
        Some(response) => response,
        None => response.map(Body::from),
    }
}

/// The tenant's own words for an error, where its configuration has `customErrors`.
fn custom(config: &Value, failed: &Failed) -> Option<Response> {
    if config.get("customErrors").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let messages = config.get("errorMessages").unwrap_or(&Value::Null);
    let message = messages.get(&failed.code).and_then(Value::as_str).unwrap_or("Unknown error");
    let status = StatusCode::from_u16(failed.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({
        "success": false,
        "error": {"code": failed.code, "message": message, "statusCode": status.as_u16()},
    });
    Some((status, Json(body)).into_response())
}

/// An error as an application would answer it.
pub(crate) fn plain(error: ApiError) -> http::Response<Bytes> {
    let body = json!({
        "success": false,
        "error": {
            "code": error.code(),
            "message": error.message(),
            "statusCode": error.status().as_u16(),
        },
    });
    let mut response = http::Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = error.status();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
