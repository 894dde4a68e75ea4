//! The library's behaviour through its public API, on a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "tests say what they expect by unwrapping")]

mod catalog;
mod context;
mod crossing;
mod debug;
mod diesel;
mod disk;
mod ending;
mod faults;
mod manager;
mod migrated;
mod network;
mod outages;
mod pooler;
mod proxy;
mod residue;
mod statements;
mod support;
mod tls;
mod unreachable;
