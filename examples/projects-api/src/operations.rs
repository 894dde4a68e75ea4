use std::time::Duration;

use axum::extract::State;
use serde_json::{Value, json};
use tenantry::HealthOptions;
use tenantry_web::{ApiError, Json, TenantManager};

/// Whether the database answers: for a load balancer.
pub(crate) async fn health(State(tenants): State<TenantManager>) -> Result<Json<Value>, ApiError> {
    let options = HealthOptions::default()
        .tenants([])
        .ping_timeout(Duration::from_secs(2));
    match tenants.health(options).await.shared_db_error {
        None => Ok(Json(
            json!({ "status": "ok", "pools": tenants.pool_count() }),
        )),
        Some(error) => Err(ApiError::database_unavailable().because(error)),
    }
}

pub(crate) async fn stats(State(tenants): State<TenantManager>) -> Json<Value> {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    Json(json!({ "poolCount": tenants.pool_count(), "timestamp": now }))
}
