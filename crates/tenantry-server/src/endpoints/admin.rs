//! Looking after the tenants.
//!
//! | | |
//! |---|---|
//! | `GET /tenants` | every tenant, and how it stands |
//! | `GET /tenants/{id}` | one |
//! | `POST /tenants/{id}/load`, `/reload`, `/unload` | … |
//! | `GET /tenants/{id}/logs` | its last lines |
//! | `GET /stats` | all figures |
//! | `GET /metrics` | the same, as Prometheus reads them |

use std::sync::Arc;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tenantry_web::ApiError;

use crate::{
    error::{Result, ServerError},
    server::{Core, MultiTenantServer},
    stats::{ServerStats, TenantStats},
};

pub(super) async fn answer(core: &Arc<Core>, method: &Method, path: &str) -> Response {
    let server = MultiTenantServer::of(core);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, segments.as_slice()) {
        (&Method::GET, ["tenants"]) => success(&now(core).await.tenants),
        (&Method::GET, ["stats"]) => success(&now(core).await),
        (&Method::GET, ["metrics"]) => super::metrics::answer(&now(core).await),
        (&Method::GET, ["tenants", id]) => {
            let found = server.tenant(id).await;
            or_error(found.map(|_| of_one(core, id)))
        }
        (&Method::GET, ["tenants", id, "logs"]) => or_error(server.tenant_log(id).await),
        (&Method::POST, ["tenants", id, "load"]) => {
            let done = server.init_tenant(id).await;
            or_error(done.map(|_| of_one(core, id)))
        }
        (&Method::POST, ["tenants", id, "reload"]) => {
            let done = server.reload_tenant(id).await;
            or_error(done.map(|_| of_one(core, id)))
        }
        (&Method::POST, ["tenants", id, "unload"]) => {
            or_error(server.unload_tenant(id).await.map(|unloaded| json!({"unloaded": unloaded})))
        }
        (
            _,
            ["tenants"]
            | ["stats" | "metrics"]
            | ["tenants", _]
            | ["tenants", _, "logs" | "load" | "reload" | "unload"],
        ) => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            ApiError::new(status, "METHOD_NOT_ALLOWED", "this is not done by this method")
                .into_response()
        }
        _ => not_found(),
    }
}

/// How all stand, those whose folders have come or gone since the last look included.
async fn now(core: &Arc<Core>) -> ServerStats {
    if let Err(error) = core.look_again().await {
        tracing::warn!(code = error.code(), "the list of tenants may be an old one: {error}");
    }
    ServerStats::of(core)
}

fn of_one(core: &Core, id: &str) -> Option<TenantStats> {
    ServerStats::of(core).tenants.into_iter().find(|stats| stats.id == id)
}

fn not_found() -> Response {
    ApiError::not_found("there is no such thing").into_response()
}

fn success<T: Serialize>(data: &T) -> Response {
    Json(json!({"success": true, "data": data})).into_response()
}

fn or_error<T: Serialize>(result: Result<T>) -> Response {
    match result {
        Ok(data) => success(&data),
        Err(error) => told(&error),
    }
}

/// To whoever looks after the tenants everything is told: which file, which line.
fn told(error: &ServerError) -> Response {
    let status = match error {
        ServerError::TenantBroken { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ServerError::TenantInactive(_) => StatusCode::CONFLICT,
        other => other.answer().status(),
    };
    let mut body = json!({
        "code": error.code(),
        "message": error.to_string(),
        "statusCode": status.as_u16(),
    });
    if let ServerError::TenantBroken { broken, .. } = error
        && let Ok(parts) = serde_json::to_value(&broken.parts)
    {
        body["parts"] = parts;
    }
    let body: Value = json!({"success": false, "error": body});
    (status, Json(body)).into_response()
}
