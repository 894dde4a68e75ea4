use std::time::Duration;

use axum::extract::State;
use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use tenantry::HealthOptions;
use tenantry_web::{ApiError, Json, TenantManager};

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    pools: usize,
}

/// Whether the database answers: for a load balancer.
pub(crate) async fn health(State(tenants): State<TenantManager>) -> Result<Json<Health>, ApiError> {
    let options = HealthOptions::default().tenants([]).ping_timeout(Duration::from_secs(2));
    let found = tenants.health(options).await;
    if found.healthy {
        return Ok(Json(Health { status: "ok", pools: tenants.pool_count() }));
    }
    Err(ApiError::database_unavailable().because(found.shared_db_error.unwrap_or_default()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    pool_count: usize,
    timestamp: String,
}

pub(crate) async fn stats(State(tenants): State<TenantManager>) -> Json<Stats> {
    let timestamp = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    Json(Stats { pool_count: tenants.pool_count(), timestamp })
}
