//! The application interface that tenants write for: routes, hooks, plugins, schemas and services, as in Fastify 5.
//!
//! An [`App`] is one isolate with a tenant's application loaded in it, as its [`Manifest`] says. Its routes are looked up in
//! Rust; a request that has one is a single call into JavaScript, and one answer back.

mod app;
mod error;
mod files;
mod info;
mod loaded;
mod manifest;
pub mod native;
pub mod plugins;
mod prelude;
mod router;
pub mod schema;

pub use app::{App, AppConfig, Failure};
pub use error::LoadError;
pub use info::RequestInfo;
pub use loaded::{Loaded, PartError, RouteInfo};
pub use manifest::{ConfigSource, Manifest, ModuleRef, OnError, TenantInfo};
