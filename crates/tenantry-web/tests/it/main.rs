//! The layer, the extractors and their answers, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod extractors;
mod identification;
mod layer;
mod refusals;
mod serving;
mod support;
mod versions;
