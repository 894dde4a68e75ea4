//! The server with real isolates and a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod broken;
mod broken_schemas;
mod core_plugins;
mod errors;
mod hooks;
mod identification;
mod limits;
mod native;
mod packages;
#[cfg(feature = "typescript")]
mod patterns;
mod reload;
mod sources;
mod spec;
mod streams;
mod support;
mod watching;
