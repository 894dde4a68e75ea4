use std::sync::atomic::{AtomicU64, Ordering};

/// What all connections of a pool have done with statements, counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    retried: AtomicU64,
}

impl Tally {
    /// A statement is run again, because what it was prepared on has changed.
    pub(super) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts until now.
    pub(crate) fn counts(&self) -> StatementCounts {
        StatementCounts { retried: self.retried.load(Ordering::Relaxed) }
    }
}

/// What has been done with statements since a manager was made, on all of its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementCounts {
    /// Statements that were run once more, since the first time PostgreSQL said that what they were
    /// prepared on has changed.
    pub retried: u64,
}
