use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use crate::{CloseReason, Driver, TargetId, core::Lent, pool::Inner};

/// A connection lent to one target.
///
/// Dropping it gives the connection back. That may happen at any point, in the middle of a
/// statement too: a connection that is not at rest is cleaned first, by the pool's own task.
pub struct Lease<D: Driver> {
    inner: Arc<Inner<D>>,
    target: TargetId,
    slot: usize,
    at_home: bool,
    connection: Option<D::Connection>,
}

impl<D: Driver> Lease<D> {
    pub(crate) fn new(inner: Arc<Inner<D>>, target: TargetId, lent: Lent<D>) -> Self {
        let Lent { slot, connection, at_home } = lent;
        Self { inner, target, slot, at_home, connection: Some(connection) }
    }

    /// The target this connection is lent to.
    pub fn target(&self) -> TargetId {
        self.target
    }

    /// Whether this is the target's home connection, the one it gets whenever that one is free: what
    /// is kept here for the target (prepared statements) will be of use again.
    pub fn is_home(&self) -> bool {
        self.at_home
    }

    /// Says that this lease is to last long: until it ends, the connection is nobody's home, so that
    /// no target goes without one.
    pub fn for_long(&self) {
        self.inner.lent_for_long(self.slot);
    }

    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        if let Some(connection) = self.connection.take() {
            self.inner.close_leased(self.slot, connection, CloseReason::Discarded);
        }
    }
}

impl<D: Driver> Deref for Lease<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        self.connection.as_ref().expect("taken on drop only")
    }
}

impl<D: Driver> DerefMut for Lease<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        self.connection.as_mut().expect("taken on drop only")
    }
}

impl<D: Driver> Drop for Lease<D> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.inner.give_back(self.slot, connection);
        }
    }
}

impl<D: Driver> fmt::Debug for Lease<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("target", &self.target)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
