//! The `tenantry` command as a process, on a real PostgreSQL.

mod completion;
mod crashing;
mod demo;
mod health;
mod help;
mod migrating;
mod refusing;
mod signals;
mod status;
mod support;
mod tenants;
mod unreachable;
