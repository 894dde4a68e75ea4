use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use serde::Serialize;

/// What all connections of a pool have done and keep, counted.
#[derive(Debug)]
pub(crate) struct Tally {
    /// How many prepared statements they may keep together.
    max_prepared: usize,
    prepared: AtomicUsize,
    /// The connections that are open.
    connections: AtomicUsize,
    bindings: AtomicU64,
    resets: AtomicU64,
    retried: AtomicU64,
}

impl Tally {
    pub(super) fn new(max_prepared: usize) -> Self {
        Self {
            max_prepared,
            prepared: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            bindings: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            retried: AtomicU64::new(0),
        }
    }

    /// A binding is sent.
    pub(super) fn bound(&self) {
        self.bindings.fetch_add(1, Ordering::Relaxed);
    }

    /// A reset is sent.
    pub(super) fn reset(&self) {
        self.resets.fetch_add(1, Ordering::Relaxed);
    }

    /// A statement is run again, because what it was prepared on has changed.
    pub(super) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts until now.
    pub(crate) fn counts(&self) -> StatementCounts {
        StatementCounts {
            prepared: self.prepared.load(Ordering::Relaxed),
            max_prepared: self.max_prepared,
            bindings: self.bindings.load(Ordering::Relaxed),
            resets: self.resets.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
        }
    }
}

/// What a manager's connections have done with statements, and what they keep of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StatementCounts {
    /// Statements that are kept prepared now, on all connections together.
    pub prepared: usize,
    /// How many may be: `connection.max_prepared_statements`.
    pub max_prepared: usize,
    /// How often a transaction or a connection was bound to a tenant. On a connection held for it, a
    /// statement needs none.
    pub bindings: u64,
    /// How often a connection was reset: for another tenant, at the end of a transaction that changes
    /// the session, or at rest.
    pub resets: u64,
    /// Statements that were run once more, since the first time PostgreSQL said that what they were
    /// prepared on has changed.
    pub retried: u64,
}

/// One connection's part in what may be prepared.
#[derive(Debug)]
pub(super) struct Share {
    prepared: AtomicUsize,
    tally: Arc<Tally>,
}

impl Share {
    pub(super) fn new(tally: Arc<Tally>) -> Arc<Self> {
        tally.connections.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { prepared: AtomicUsize::new(0), tally })
    }

    /// Leave to keep one more prepared statement, if this connection has fewer than its part and all
    /// together have fewer than there may be.
    ///
    /// The part shrinks when connections are opened; those that have more then give it up with the next
    /// one they prepare.
    pub(super) fn take(self: &Arc<Self>) -> Option<Permit> {
        let tally = &self.tally;
        let connections = tally.connections.load(Ordering::Relaxed).max(1);
        if self.prepared.load(Ordering::Relaxed) >= (tally.max_prepared / connections).max(1) {
            return None;
        }
        let one_more = |prepared| (prepared < tally.max_prepared).then_some(prepared + 1);
        tally.prepared.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        self.prepared.fetch_add(1, Ordering::Relaxed);
        Some(Permit(Arc::clone(self)))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.tally.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A prepared statement that counts.
#[derive(Debug)]
pub(super) struct Permit(Arc<Share>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.prepared.fetch_sub(1, Ordering::Relaxed);
        self.0.tally.prepared.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_what_may_be_prepared() {
        let tally = Arc::new(Tally::new(10));
        let first = Share::new(Arc::clone(&tally));
        let mut kept: Vec<Permit> = std::iter::from_fn(|| first.take()).collect();
        assert_eq!(kept.len(), 10, "all of it, while it is alone");
        let second = Share::new(Arc::clone(&tally));
        assert!(second.take().is_none(), "never more than all");
        assert!(first.take().is_none(), "and it takes no more");
        kept.truncate(5);
        let theirs: Vec<Permit> = std::iter::from_fn(|| second.take()).collect();
        assert_eq!((theirs.len(), tally.counts().prepared), (5, 10));
        assert!(first.take().is_none(), "each has its part");
        drop((second, theirs));
        assert_eq!(tally.counts().prepared, 5);
        assert!(first.take().is_some(), "it is alone again");
    }

    #[test]
    fn nothing_may_be_nothing() {
        assert!(Share::new(Arc::new(Tally::new(0))).take().is_none());
    }
}
