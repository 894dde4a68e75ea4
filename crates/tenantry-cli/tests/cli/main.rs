//! The `tenantry` command as a process, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adopting;
mod completion;
mod crashing;
mod demo;
mod ending;
mod health;
mod help;
mod killing;
mod linting;
mod migrating;
mod refusing;
mod rolling_out;
mod seeding;
mod serving;
mod signals;
mod status;
mod support;
mod tenants;
mod terminal;
mod unreachable;
