use std::time::Duration;

use crate::TargetId;

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
    /// Those of the idle ones that are held for a target.
    pub held: usize,
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
///
/// A lease is `warm`, at `home`, both, or one of the `strangers`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections lent.
    pub leases: u64,
    /// Leases of a connection whose last user was the same target.
    pub warm: u64,
    /// Leases of a connection that was held for the target.
    pub held: u64,
    /// Leases of the target's home connection.
    pub home: u64,
    /// Leases of a connection that is neither the target's home nor was last used by it.
    pub strangers: u64,
    /// Callers that had to wait.
    pub waits: u64,
    /// How long those waited that got a connection in the end, all together.
    pub wait_time: Duration,
    /// Callers sent away because too many waited.
    pub saturated: u64,
    /// Callers that waited in vain for `acquire_timeout`.
    pub timeouts: u64,
    /// Connections opened.
    pub opened: u64,
    /// Attempts to open one that failed.
    pub open_failures: u64,
    /// Connections closed.
    pub closed: u64,
    /// Connections cleaned on their way back.
    pub cleaned: u64,
    /// Connections reset because they had rested for a while.
    pub reset_at_rest: u64,
    closed_by: [u64; CloseReason::ALL.len()],
}

impl Counters {
    /// Connections closed for this reason.
    #[must_use]
    pub fn closed_by(&self, reason: CloseReason) -> u64 {
        self.closed_by[reason as usize]
    }

    pub(crate) fn count_closed(&mut self, reason: CloseReason) {
        self.closed += 1;
        self.closed_by[reason as usize] += 1;
    }
}

/// What the pool knows of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetStats {
    /// The target.
    pub target: TargetId,
    /// Connections lent to it.
    pub in_use: usize,
    /// Connections that rest, held for it.
    pub held: usize,
    /// Its callers that wait.
    pub waiting: usize,
    /// How long ago it last asked for a connection.
    pub idle_for: Duration,
    /// Connections lent to it since it became known.
    pub leases: u64,
    /// Its callers that had to wait.
    pub waits: u64,
    /// How long those waited that got a connection in the end, all together.
    pub wait_time: Duration,
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
    /// It was as old as `max_lifetime` allows.
    Lifetime,
    /// It had served `max_targets_per_connection` different targets.
    ManyTargets,
    /// Its user asked for it.
    Discarded,
    /// Its user's time was up: the target has ended, or the pool.
    CutOff,
    /// Its place was needed for a connection to another server.
    MakeRoom,
    /// The pool is closing.
    PoolClosed,
}

impl CloseReason {
    /// All reasons there are.
    pub const ALL: [Self; 9] = [
        Self::Broken,
        Self::Unclean,
        Self::Idle,
        Self::Lifetime,
        Self::ManyTargets,
        Self::Discarded,
        Self::CutOff,
        Self::MakeRoom,
        Self::PoolClosed,
    ];

    /// The reason in one word, for the label of a metric.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Unclean => "unclean",
            Self::Idle => "idle",
            Self::Lifetime => "lifetime",
            Self::ManyTargets => "many_targets",
            Self::Discarded => "discarded",
            Self::CutOff => "cut_off",
            Self::MakeRoom => "make_room",
            Self::PoolClosed => "pool_closed",
        }
    }
}
