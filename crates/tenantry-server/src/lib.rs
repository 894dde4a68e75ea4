//! The multi-tenant application server.

pub mod database;
pub mod identification;
pub mod loading;
