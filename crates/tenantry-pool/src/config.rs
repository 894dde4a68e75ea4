use std::time::Duration;

/// The limits of a [`Pool`](crate::Pool).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The budget: connections open, being opened and being closed, together. At least 1.
    pub max_connections: usize,
    /// A target's share: with as many connections in use, its callers come after those of others
    /// who wait. When nobody else waits, there is no limit.
    pub max_per_target: usize,
    /// How long [`Pool::acquire`](crate::Pool::acquire) waits for a connection.
    pub acquire_timeout: Duration,
    /// How long opening one connection may take.
    pub connect_timeout: Duration,
    /// How long [`Driver::clean`](crate::Driver::clean) may take before the connection is closed
    /// instead.
    pub clean_timeout: Duration,
    /// How long closing one connection may take before the pool stops waiting for its end.
    pub close_timeout: Duration,
    /// A connection unused for this long is closed.
    pub idle_timeout: Duration,
    /// A connection older than this is closed when it comes back.
    pub max_lifetime: Duration,
    /// How many targets the pool remembers; beyond it the least recently used idle one goes.
    pub max_targets: usize,
    /// A target unused for this long is forgotten.
    pub target_ttl: Duration,
}

impl PoolConfig {
    /// The defaults, with a budget of `max_connections` (at least 1), half of it a target's share.
    #[must_use]
    pub fn new(max_connections: usize) -> Self {
        Self {
            max_connections: max_connections.max(1),
            max_per_target: max_connections.div_ceil(2).max(1),
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            clean_timeout: Duration::from_secs(5),
            close_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(30 * 60),
            max_targets: 10_000,
            target_ttl: Duration::from_secs(60 * 60),
        }
    }
}
