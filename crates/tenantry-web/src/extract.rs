//! Extractors that refuse with an [`ApiError`](crate::ApiError).

mod json;
mod page;
mod path;
mod query;
#[cfg(feature = "garde")]
mod valid;

#[cfg(feature = "garde")]
pub use self::valid::Valid;
pub use self::{json::Json, page::Page, path::Path, query::Query};
