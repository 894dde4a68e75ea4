//! The API over HTTP, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod bad_requests;
mod operations;
mod program;
mod projects;
mod support;
mod tasks;
mod tenants;
mod users;
