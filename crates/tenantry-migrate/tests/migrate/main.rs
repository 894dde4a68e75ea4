//! Migrations on a real PostgreSQL, through the public API.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adopting;
mod applying;
mod creating;
mod dropping;
mod failing;
mod shared;
mod side_by_side;
mod status;
mod stopping;
mod support;
mod versions;
