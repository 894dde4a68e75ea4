use std::collections::BTreeMap;

use serde::Serialize;
use tenantry_pool::{CloseReason, PoolStats};

use super::warmup::milliseconds;

/// The connections of the budget, all tenants together: what they are used for now, and what has
/// happened since the manager was made.
///
/// A lease, the use of a connection for one statement or transaction, is one of a connection that the
/// tenant used last (`warm`), of its home, both, or of a stranger to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BudgetMetrics {
    /// The budget.
    pub max_connections: usize,
    /// All that counts against it: those in use, idle, being opened, cleaned and closed.
    pub total: usize,
    /// In use.
    pub in_use: usize,
    /// Open and unused.
    pub idle: usize,
    /// Those of the idle ones that are held for a tenant.
    pub held: usize,
    /// Being opened.
    pub opening: usize,
    /// Being cleaned.
    pub cleaning: usize,
    /// Being closed.
    pub closing: usize,
    /// Callers that wait.
    pub waiting: usize,
    /// How often a connection was used.
    pub leases: u64,
    /// Uses of a connection by the tenant that had used it last.
    pub warm_hits: u64,
    /// Uses of a connection that was held for the tenant.
    pub held_hits: u64,
    /// Uses of the tenant's home connection.
    pub home_hits: u64,
    /// Uses of a connection that was neither.
    pub strangers: u64,
    /// Callers that had to wait.
    pub waits: u64,
    /// How long those waited that got a connection, together, in milliseconds.
    pub wait_time_ms: u64,
    /// Callers sent away at once, with `POOL_SATURATED`.
    pub saturated: u64,
    /// Callers that waited in vain, with `POOL_TIMEOUT`.
    pub timeouts: u64,
    /// Connections opened.
    pub opened: u64,
    /// Attempts to open one that failed.
    pub open_failures: u64,
    /// Connections cleaned when they came back in the middle of something.
    pub cleaned: u64,
    /// Connections reset after `reset_after` at rest.
    pub reset_at_rest: u64,
    /// Connections closed.
    pub closed: u64,
    /// The same by reason; every reason there is.
    pub closed_by: BTreeMap<&'static str, u64>,
}

impl From<PoolStats> for BudgetMetrics {
    fn from(stats: PoolStats) -> Self {
        let counters = stats.counters;
        let by = |reason: &CloseReason| (reason.as_str(), counters.closed_by(*reason));
        Self {
            max_connections: stats.max_connections,
            total: stats.total(),
            in_use: stats.in_use,
            idle: stats.idle,
            held: stats.held,
            opening: stats.opening,
            cleaning: stats.cleaning,
            closing: stats.closing,
            waiting: stats.waiting,
            leases: counters.leases,
            warm_hits: counters.warm,
            held_hits: counters.held,
            home_hits: counters.home,
            strangers: counters.strangers,
            waits: counters.waits,
            wait_time_ms: milliseconds(counters.wait_time),
            saturated: counters.saturated,
            timeouts: counters.timeouts,
            opened: counters.opened,
            open_failures: counters.open_failures,
            cleaned: counters.cleaned,
            reset_at_rest: counters.reset_at_rest,
            closed: counters.closed,
            closed_by: CloseReason::ALL.iter().map(by).collect(),
        }
    }
}
