//! How the server is, for anybody: no tenant is named.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;

use crate::{
    memory,
    server::Core,
    stats::{Count, ServerStats},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    /// Seconds.
    uptime: f64,
    memory: Memory,
    /// Requests under way, of all tenants.
    requests_open: usize,
    tenants: Count,
}

#[derive(Serialize)]
struct Memory {
    /// Of the whole process, in bytes; nothing where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    rss: Option<u64>,
    /// Of the tenants' isolates, in bytes.
    isolates: usize,
}

pub(super) fn answer(core: &Core) -> Response {
    let stats = ServerStats::of(core);
    let is_ending = core.is_stopping();
    let health = Health {
        status: if is_ending { "stopping" } else { "ok" },
        uptime: core.since.elapsed().as_secs_f64(),
        memory: Memory { rss: memory::resident(), isolates: stats.memory },
        requests_open: stats.tenants.iter().map(|tenant| tenant.open).sum(),
        tenants: stats.count(),
    };
    let status = if is_ending { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(health)).into_response()
}
