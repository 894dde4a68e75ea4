//! A multi-tenant API for projects, their tasks and the people who do them.
//!
//! Each tenant has its own tables; a request says by `x-tenant-id` whose it wants. No handler
//! says so again: a [`TenantDb`] speaks for the request's tenant alone.

mod operations;
mod prelude;
mod projects;
mod rules;
mod schema;
mod tasks;
mod users;

use std::time::Duration;

use axum::Router;
use axum::routing::{get, patch};
use tenantry_web::{Header, RequestIdLayer, RequestIdService, header};
use tenantry_web::{TenantDb, TenantLayer, TenantManager, TenantService};
use tokio::net::TcpListener;
use tower::Layer;

/// The API: whose handler asks for a [`TenantDb`] gets the request's tenant's; `/health` and
/// `/admin/stats` are nobody's.
pub fn app(tenants: TenantManager) -> RequestIdService<TenantService<Router, Header>> {
    let of_project = get(tasks::of_project).post(tasks::create);
    let router = Router::new()
        .route("/users", get(users::list).post(users::create))
        .route("/projects", get(projects::list).post(projects::create))
        .route("/projects/{id}", get(projects::show))
        .route("/projects/{id}/tasks", of_project)
        .route("/tasks", get(tasks::list))
        .route("/tasks/{id}", patch(tasks::update))
        .route("/health", get(operations::health))
        .route("/admin/stats", get(operations::stats))
        .fallback(tenantry_web::not_found)
        .method_not_allowed_fallback(tenantry_web::method_not_allowed)
        .with_state(tenants.clone());
    let by_header = TenantLayer::new(tenants, header("x-tenant-id")).deferred();
    RequestIdLayer::new().layer(by_header.layer(router))
}

/// Serves the API until `shutdown`, lets the requests under way end, and closes the manager.
pub async fn serve(
    tenants: TenantManager,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    tenantry_web::serve(listener, app(tenants.clone()), shutdown, Duration::from_secs(10)).await;
    tracing::info!(connections_left = tenants.close().await.left, "stopped");
}

/// Gives a tenant something to look at, unless it has it already.
pub async fn sample_data(db: &mut TenantDb) -> tenantry::Result<()> {
    let (sql, tenant) = (include_str!("../sample.sql"), db.tenant_id().clone());
    db.execute(sql, &[&tenant.as_str()]).await.map(drop)
}
