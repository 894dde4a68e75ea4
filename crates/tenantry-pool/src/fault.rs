//! Faults that a build can be given on purpose, one at a time, to see that a test notices:
//! `TENANTRY_FAULT=leak_permit cargo test -p tenantry-pool`. `scripts/faults.sh` tries them all.
//! A release cannot be built with one.

#[cfg(all(tenantry_fault, not(debug_assertions)))]
compile_error!("TENANTRY_FAULT is set: a release is built without faults");

/// A connection granted to a caller who has just gone is lost.
pub(crate) const LEAK_PERMIT: bool = cfg!(tenantry_fault = "leak_permit");
/// A connection being closed does not count against the budget.
pub(crate) const OVER_BUDGET: bool = cfg!(tenantry_fault = "over_budget");
/// The last of a target's waiters is served first.
pub(crate) const LAST_FIRST: bool = cfg!(tenantry_fault = "last_first");
/// Waiters are served in the order they came, not by turns of their targets.
pub(crate) const NO_TURNS: bool = cfg!(tenantry_fault = "no_turns");
/// A retired target still gets connections.
pub(crate) const BIND_RETIRED: bool = cfg!(tenantry_fault = "bind_retired");
/// A connection that comes back is not offered to those who wait.
pub(crate) const LOST_WAKEUP: bool = cfg!(tenantry_fault = "lost_wakeup");
/// A target at work is forgotten when there are too many.
pub(crate) const EVICT_RUNNING: bool = cfg!(tenantry_fault = "evict_running");
