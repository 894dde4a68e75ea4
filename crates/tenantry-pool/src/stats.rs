use std::time::Duration;

/// What a pool has and does at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// The budget.
    pub max_connections: usize,
    /// Connections lent.
    pub in_use: usize,
    /// Connections open and lent to nobody.
    pub idle: usize,
    /// Connections being opened.
    pub opening: usize,
    /// Connections being cleaned.
    pub cleaning: usize,
    /// Connections being closed: their backends live until that is done.
    pub closing: usize,
    /// Callers waiting for a connection.
    pub waiting: usize,
    /// Targets remembered.
    pub targets: usize,
    /// What has happened since the pool was made.
    pub counters: Counters,
}

impl PoolStats {
    /// All that counts against the budget.
    #[must_use]
    pub fn total(&self) -> usize {
        self.in_use + self.idle + self.opening + self.cleaning + self.closing
    }
}

/// Counts since a pool was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections lent.
    pub leases: u64,
    /// Leases that got a connection whose last user was the same target.
    pub warm: u64,
    /// Leases that had to wait.
    pub waits: u64,
    /// Connections opened.
    pub opened: u64,
    /// Attempts to open one that failed.
    pub open_failures: u64,
    /// Connections closed.
    pub closed: u64,
    /// Connections cleaned on their way back.
    pub cleaned: u64,
}

/// What the pool knows of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetStats {
    /// Connections lent to it.
    pub in_use: usize,
    /// Connections that rest, held for it.
    pub held: usize,
    /// Its callers that wait.
    pub waiting: usize,
    /// How long ago it last asked for a connection.
    pub idle_for: Duration,
}

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// It was broken: the server or the network ended it.
    Broken,
    /// It could not be cleaned, or not in time.
    Unclean,
    /// It was unused for `idle_timeout`.
    Idle,
    /// It was older than `max_lifetime`.
    Lifetime,
    /// Its user asked for it.
    Discarded,
    /// Its place was needed for a connection to another server.
    MakeRoom,
    /// The pool is closing.
    PoolClosed,
}
