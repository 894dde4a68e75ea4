//! The multi-tenant application server.

mod application;
mod error;
mod folder;
pub mod identification;
pub mod loading;
mod tenants;

pub use error::{Broken, Result, ServerError};
