//! The library's behaviour through its public API, on a real PostgreSQL.

mod catalog;
mod context;
mod crossing;
mod diesel;
mod faults;
mod manager;
mod residue;
mod statements;
mod support;
mod tls;
