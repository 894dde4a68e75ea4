//! Multi-tenancy for PostgreSQL: one application, any number of tenants, each in a place of its
//! own, on a small, fixed number of connections.
//!
//! Two ideas carry everything:
//!
//! - **Placement.** Where a tenant's data lives is its [`Placement`]; a [`TenantDb`] speaks for
//!   one tenant there and for no other.
//! - **At rest, a connection belongs to nobody.** A statement runs inside a transaction that has
//!   bound itself to its tenant; when its COMMIT is answered, the connection is neutral again. A
//!   binding that fails leaves the statement with no tenant, never with another's.
//!
//! ```no_run
//! # async fn example() -> tenantry::Result<()> {
//! use tenantry::{Config, TenantId, TenantManager};
//!
//! let tenants = TenantManager::connect(Config::load()?).await?;
//! let mut db = tenants.db(&TenantId::parse("acme")?)?;
//! for row in db.query("SELECT name FROM users WHERE active", &[]).await? {
//!     println!("{}", row.get::<_, &str>(0));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! |---|---|
//! | configure | [`Config`] and [`config`] |
//! | look tenants up, create and change them | [`TenantManager`], [`Catalog`] |
//! | query | [`TenantDb`], [`SharedDb`], [`Transaction`], [`TenantSession`] |
//! | know the current tenant anywhere | [`context`] |
//! | know which migrations a tenant has | [`Versions`], [`Version`] |
//! | repeat what failed in passing | [`retry`] |
//! | serve HTTP (feature `axum`) | the crate `tenantry-web` |
//! | watch | [`TenantManager::health`], [`TenantManager::metrics`], [`Hooks`], [`DebugConfig`] |

mod access;
mod catalog;
pub mod config;
mod connection;
pub mod context;
mod db;
mod error;
mod excerpt;
mod fault;
mod hooks;
mod manager;
mod place;
pub mod retry;
mod schema_name;
mod tenant;
mod tenant_id;
pub mod tls;
mod versions;
#[cfg(feature = "axum")]
pub mod web;

pub use catalog::{Catalog, Migrated, NewTenant};
pub use config::{Config, ConfigError, DebugConfig};
pub use connection::{Answer, Bounds, StatementCounts, TypedParam};
pub use context::TenantContext;
pub use db::{
    BatchError, Savepoint, SharedDb, SharedSession, TenantDb, TenantSession, Transaction,
};
#[cfg(feature = "diesel")]
pub use db::{TenantRow, sqlstate, violated};
pub use error::{
    ConnectError, DatabaseError, Error, Migrating, PoolHolder, PoolSaturated, PoolTimeout, Result,
};
pub use hooks::Hooks;
pub use manager::{
    BudgetMetrics, CloseReport, ConnectionMetrics, CutOff, HealthCheckResult, HealthOptions,
    HealthStatus, MetricsResult, PoolHealth, PoolMetrics, SharedMetrics, TenantManager,
    TenantManagerBuilder, TenantPoolMetrics, TenantWarmupResult, WarmupOptions, WarmupProgress,
    WarmupResult,
};
pub use retry::RetryConfig;
pub use schema_name::{
    Identifier, InvalidSchemaName, InvalidSchemaTemplate, SchemaName, SchemaTemplate,
};
pub use tenant::{Placement, Tenant, TenantStatus};
pub use tenant_id::{Alphabet, InvalidTenantId, TenantId};
#[doc(no_inline)]
pub use tenantry_pool::{CloseReason, Counters, PoolStats};
#[doc(no_inline)]
pub use tokio_postgres;
pub use versions::{TenantVersion, Version, Versions};

/// The guide's code, compiled.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/configuration.md")]
    struct Configuration;
    #[doc = include_str!("../../../docs/context.md")]
    struct Context;
}
