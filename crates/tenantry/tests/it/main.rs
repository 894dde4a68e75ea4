//! The library's behaviour through its public API, on a real PostgreSQL.

mod crossing;
mod diesel;
mod residue;
mod statements;
mod support;
