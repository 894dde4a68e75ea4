use std::time::Duration;

use axum::extract::State;
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use tenantry::HealthOptions;
use tenantry_web::{ApiError, Json, TenantManager};

/// Whether the database answers: for a load balancer.
pub(crate) async fn health(State(tenants): State<TenantManager>) -> Result<Json<Value>, ApiError> {
    let options = HealthOptions::default().tenants([]).ping_timeout(Duration::from_secs(2));
    let found = tenants.health(options).await;
    if let Some(error) = found.shared_db_error {
        return Err(ApiError::database_unavailable().because(error));
    }
    Ok(Json(json!({ "status": "ok", "pools": tenants.pool_count() })))
}

pub(crate) async fn stats(State(tenants): State<TenantManager>) -> Json<Value> {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    Json(json!({
        "poolCount": tenants.pool_count(), "timestamp": now,
        "connections": tenants.budget(), "statements": tenants.statement_counts(),
    }))
}
