//! The multi-tenant application server.

pub mod identification;
pub mod loading;
