//! The engine through its public API, on real QuickJS.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

mod buffers;
mod crypto;
mod fetch;
mod globals;
mod in_place;
mod leaks;
mod leftovers;
mod life;
mod limits;
mod lost;
mod modules;
mod plain_json;
mod stuck;
mod tasks;
mod turns;
mod typescript;
