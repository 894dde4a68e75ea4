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
    /// How many callers may wait in all; the next one gets
    /// [`Saturated`](crate::AcquireError::Saturated) at once. 10,000 by default: 20 connections
    /// at 10 ms a statement serve as many within the 5 s of `acquire_timeout`, so that a longer
    /// queue would only be one for time-outs.
    pub max_waiters: usize,
    /// How many callers of one target may wait. 1,000 by default, a tenth of all: no tenant's
    /// flood fills the queue for the others.
    pub max_waiters_per_target: usize,
    /// How long [`Pool::acquire`](crate::Pool::acquire) waits for a connection.
    pub acquire_timeout: Duration,
    /// While the target's home connection is lent and others are idle: how long to wait for the
    /// home one before taking a stranger, on which a statement costs about twice as much. 10 ms by
    /// default. Nobody waits for a home that has been lent for as long already, and at most two of a
    /// target's callers do. Zero takes the stranger at once.
    pub home_patience: Duration,
    /// Whether a target whose callers queue up, more of them than there are connections, gets only as many
    /// connections as bring it most of what all of them would, while others are at work: where the processors
    /// are busy, few do, and the others' statements are as quick as without it. `true` by default.
    pub narrow_floods: bool,
    /// How long opening one connection may take.
    pub connect_timeout: Duration,
    /// How long [`Driver::clean`](crate::Driver::clean) may take before the connection is closed
    /// instead.
    pub clean_timeout: Duration,
    /// How long closing one connection may take before the pool stops waiting for its end.
    pub close_timeout: Duration,
    /// A connection unused for this long is cleaned if it [keeps](crate::Driver::has_residue) what its
    /// last user left: nobody's lock or temporary table outlives its use by more than that. Looked at
    /// four times a second; 1 s by default.
    pub reset_after: Duration,
    /// A connection unused for this long is closed, while more than `min_idle` are open.
    pub idle_timeout: Duration,
    /// At least so many connections are kept open from the first use on, to the server that most
    /// targets share. Those missing are opened in the background. 0 by default.
    pub min_idle: usize,
    /// A connection is closed when it comes back at this age, or up to a fifth earlier: each has
    /// a lifetime of its own within that fifth, so that those opened together do not end together.
    pub max_lifetime: Duration,
    /// A connection that has served so many different targets is closed when it comes back:
    /// PostgreSQL's backends keep a cache entry for every table they ever saw. 0 is for no limit;
    /// 2,000 by default.
    pub max_targets_per_connection: usize,
    /// How many targets the pool remembers; beyond it one goes that is idle and was not used for
    /// long: the least recently used of 64, each time the next ones.
    pub max_targets: usize,
    /// A target unused for this long is forgotten, within seconds.
    pub target_ttl: Duration,
}

impl PoolConfig {
    /// The defaults, with a budget of `max_connections` (at least 1), half of it a target's share.
    #[must_use]
    pub fn new(max_connections: usize) -> Self {
        Self {
            max_connections: max_connections.max(1),
            max_per_target: max_connections.div_ceil(2).max(1),
            max_waiters: 10_000,
            max_waiters_per_target: 1_000,
            acquire_timeout: Duration::from_secs(5),
            home_patience: Duration::from_millis(10),
            narrow_floods: true,
            connect_timeout: Duration::from_secs(5),
            clean_timeout: Duration::from_secs(2),
            close_timeout: Duration::from_secs(3),
            reset_after: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(30),
            min_idle: 0,
            max_lifetime: Duration::from_secs(30 * 60),
            max_targets_per_connection: 2_000,
            max_targets: 10_000,
            target_ttl: Duration::from_secs(60 * 60),
        }
    }
}
