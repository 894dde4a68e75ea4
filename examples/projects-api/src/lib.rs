//! A multi-tenant API for projects, their tasks and the people who do them.
//!
//! Each tenant has its own tables; a request says by `x-tenant-id` whose it wants. No handler below
//! says so again: a [`TenantDb`](tenantry_web::TenantDb) speaks for the request's tenant alone.

mod error;
mod fields;
mod operations;
mod page;
mod projects;
mod sample;
mod schema;
mod serve;
mod tasks;
mod time;
mod users;

use axum::{
    Router,
    routing::{get, patch},
};
use tenantry_web::{
    RequestIdLayer, TenantLayer, TenantManager, header, method_not_allowed, not_found,
};

pub use sample::sample_data;
pub use serve::serve;

/// The API's routes.
pub fn router(tenants: TenantManager) -> Router {
    Router::new()
        .route("/users", get(users::list).post(users::create))
        .route("/projects", get(projects::list).post(projects::create))
        .route("/projects/{id}", get(projects::show))
        .route("/projects/{id}/tasks", get(tasks::of_project).post(tasks::create))
        .route("/tasks", get(tasks::list))
        .route("/tasks/{id}", patch(tasks::update))
        // All of the above are a tenant's, what follows is nobody's.
        .route_layer(TenantLayer::new(tenants.clone(), header("x-tenant-id")))
        .route("/health", get(operations::health))
        .route("/admin/stats", get(operations::stats))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(tenants)
        .layer(RequestIdLayer::new())
}
