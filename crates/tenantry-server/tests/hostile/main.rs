//! Tenants that mean harm, each on a real server beside one that means none.
//!
//! Every case is served over a socket while the good tenant is asked again and again: it has to
//! answer what it always answers, in time. What a case tries is counted and logged as the tenant's
//! that tried it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod database;
mod environment;
mod errors;
mod files;
mod globals;
mod limits;
mod lives;
mod logs;
mod modules;
mod neighbours;
mod network;
mod replies;
mod reports;
mod requests;
mod world;
