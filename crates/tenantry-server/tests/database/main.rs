//! The database of tenants' code, on a real PostgreSQL and in real isolates.

mod hostile;
mod limits;
mod roles;
mod support;
mod tables;
mod transactions;
mod values;
