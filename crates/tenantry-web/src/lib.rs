//! Tenants on the web: a tower layer that finds a request's tenant, and extractors that give
//! handlers its data.
//!
//! Nothing here waits for a connection: an unknown tenant is refused by the index in memory, and a
//! [`TenantDb`] takes a connection for each statement.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tenantry_web::{ApiError, Json, TenantDb, TenantLayer, TenantManager, header};
//!
//! async fn count(mut db: TenantDb) -> Result<Json<i64>, ApiError> {
//!     Ok(Json(db.query_one("SELECT count(*) FROM users", &[]).await?.get(0)))
//! }
//!
//! fn router(tenants: TenantManager) -> Router {
//!     Router::new()
//!         .route("/users/count", get(count))
//!         .layer(TenantLayer::new(tenants, header("x-tenant-id")))
//! }
//! ```
//!
//! | to | see |
//! |---|---|
//! | name the tenant | [`header`], [`subdomain`], [`custom_domain`], [`path_prefix`], [`path_param`], [`query`], [`cookie`], [`always`], [`read`], `jwt` (feature `jwt`), [`Identify::or`], and [`Identify`] for a way of your own |
//! | check, enrich and exempt requests | [`TenantLayer`] |
//! | get at the tenant in a handler | [`TenantDb`], [`Tenant`], [`TenantId`], [`TenantContext`]; [`SharedDb`] and [`TenantManager`] on every route; `Option` where a tenant is [optional](TenantLayer::optional) |
//! | answer errors | [`ApiError`]; [`not_found`] and [`method_not_allowed`] as fallbacks |
//! | read input | [`Json`], [`Path`], [`Query`] and [`Page`], which refuse with an [`ApiError`]; `Valid` around a body or query checks by `garde`'s rules (feature `garde`) |
//! | tell requests apart | [`RequestIdLayer`] |
//! | serve tenants that have the migrations you need | [`TenantLayer::requires`], [`TenantVersion`], [`ready`] |
//! | start and end | [`serve()`], [`shutdown_signal`] |

mod error;
mod extract;
mod fallback;
mod identify;
mod layer;
mod ready;
pub mod request_id;
mod serve;

pub use error::{ApiError, FieldError};
#[cfg(feature = "garde")]
pub use extract::Valid;
pub use extract::{Json, Page, Path, Query};
pub use fallback::{method_not_allowed, not_found};
pub use identify::{
    Always, Cookie, CustomDomain, Header, Identify, Or, PathParam, PathPrefix, QueryParam, ReadId,
    ReadWith, Subdomain, always, cookie, custom_domain, header, path_param, path_prefix, query,
    read, subdomain,
};
#[cfg(feature = "jwt")]
pub use identify::{Jwt, JwtAlgorithm, JwtClaims, JwtKeyError, JwtKeys, jwt};
pub use layer::{TenantFuture, TenantLayer, TenantService};
pub use ready::ready;
pub use request_id::{RequestIdLayer, RequestIdService};
#[cfg(unix)]
pub use serve::shutdown_signal;
pub use serve::{ServeOptions, serve, serve_with};
#[doc(no_inline)]
pub use tenantry::{
    SharedDb, Tenant, TenantContext, TenantDb, TenantId, TenantManager, TenantVersion, Version,
    web::TenantRejection,
};

/// The guide's code, compiled.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/getting-started.md")]
    struct GettingStarted;
    #[doc = include_str!("../../../docs/expand-and-contract.md")]
    struct ExpandAndContract;
}
