use std::convert::Infallible;

use axum::{
    http::StatusCode,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use tenantry::{TenantManager, Version};

use crate::ApiError;

/// A route that tells a load balancer whether this process can serve: 200 when PostgreSQL answers and
/// the shared schema has what is `needed`, and 503 with `Retry-After` until then.
///
/// Tenants are not looked at: those that lag are refused each by itself
/// ([`TenantLayer::requires`](crate::TenantLayer::requires)), and the others are served.
///
/// ```
/// # fn example(tenants: tenantry::TenantManager) -> axum::Router {
/// use axum::Router;
/// use tenantry_web::{Version, ready};
///
/// Router::new().route("/ready", ready(tenants, Version::at_least("0003_plans")))
/// # }
/// ```
pub fn ready<S>(manager: TenantManager, needed: Version) -> MethodRouter<S, Infallible>
where
    S: Clone + Send + Sync + 'static,
{
    get(async move || match manager.ready(&needed).await {
        Ok(()) => {
            (StatusCode::OK, axum::Json(serde_json::json!({ "ready": true }))).into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    })
}
