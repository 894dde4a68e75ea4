//! `db` for tenants' JavaScript: always the tenant's own data, on the pool.
//!
//! [`Database`] is what a server has one of; [`TenantDatabase`] answers the operations `db.*` of one tenant's
//! isolates, and [`TaskData`] is what belongs to one of their tasks: its open transactions, which are rolled
//! back when it ends. [`Database::prelude`] is the script that makes the object `db` in JavaScript.
//!
//! Three things keep a tenant's SQL in its place:
//!
//! - the binding of each transaction: names without a schema are the tenant's own, as everywhere;
//! - a text of the tenant's own (`db.query`) is read by a guard of allowed words and functions (`guard`);
//! - before such a text runs for the first time, PostgreSQL says which tables it names (`verify`).
//!
//! They hold for one role that may use all tenants' schemas. [`DatabaseConfig::role_template`] adds
//! PostgreSQL's own privileges to them.

mod catalog;
mod config;
mod error;
mod guard;
mod limits;
mod manager;
mod naming;
mod operations;
mod query;
mod rows;
mod task;
mod tenant;
mod transactions;
mod value;
mod verify;

pub use self::{
    config::DatabaseConfig, manager::Database, naming::Naming, task::TaskData,
    tenant::TenantDatabase, value::Integers,
};
