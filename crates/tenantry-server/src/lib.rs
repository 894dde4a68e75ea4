//! The multi-tenant application server: one process that hosts the code of many tenants.

mod application;
pub mod database;
mod edge;
mod endpoints;
mod error;
mod error_handler;
mod folder;
pub mod identification;
pub mod loading;
mod log;
mod memory;
mod mount;
pub mod native;
mod script;
mod server;
mod stats;
mod tenants;
mod watch;

pub use error::{Broken, Result, ServerError};
pub use error_handler::FailedRequest;
pub use log::LogLine;
pub use server::{MultiTenantServer, MultiTenantServerBuilder, Running, TenantHandle};
pub use stats::{Reason, ServerStats, TenantStats};
#[doc(no_inline)]
pub use tenantry::{TenantId, config::HostConfig};
#[doc(no_inline)]
pub use tenantry_fastify::native as plugin;
pub use watch::Watch;

/// The guide's code, compiled.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/server.md")]
    struct Server;
}
