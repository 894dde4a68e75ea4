//! Migrations on a real PostgreSQL, through the public API.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adopting;
mod alone;
mod applying;
mod changing;
mod creating;
mod dropping;
mod failing;
mod guarding;
mod hooking;
mod locking;
mod repairing;
mod rolling_back;
mod seeding;
mod shared;
mod side_by_side;
mod splitting;
mod staging;
mod status;
mod stopping;
mod strict;
mod support;
mod versions;
