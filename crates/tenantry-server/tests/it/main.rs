//! The server with real isolates and a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod broken;
mod core_plugins;
mod errors;
mod limits;
mod native;
mod packages;
#[cfg(feature = "typescript")]
mod patterns;
mod reload;
mod spec;
mod streams;
mod support;
mod watching;
