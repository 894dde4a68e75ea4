//! Faults that a build can be given on purpose, one at a time, to see that a test notices:
//! `TENANTRY_FAULT=skip_reset cargo test -p tenantry`. `scripts/faults.sh` tries them all. A release
//! cannot be built with one.

#[cfg(all(tenantry_fault, not(debug_assertions)))]
compile_error!("TENANTRY_FAULT is set: a release is built without faults");

/// What a target's code left in a connection is not reset before another's statement.
pub(crate) const SKIP_RESET: bool = cfg!(tenantry_fault = "skip_reset");
/// A connection held for one target runs the statements of another as they are.
pub(crate) const HOLD_FOR_OTHERS: bool = cfg!(tenantry_fault = "hold_for_others");
/// A connection on which something may still run is lent as if it were at rest.
pub(crate) const IGNORE_RUNNING: bool = cfg!(tenantry_fault = "ignore_running");
/// The prepared statements of a target that is forgotten stay on the server.
pub(crate) const KEEP_STATEMENTS: bool = cfg!(tenantry_fault = "keep_statements");
