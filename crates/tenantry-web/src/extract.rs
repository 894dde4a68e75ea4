//! Extractors that refuse with an [`ApiError`](crate::ApiError).

mod json;
mod path;
mod query;

pub use self::{json::Json, path::Path, query::Query};
