use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use tokio::time::Instant;

use crate::{CloseReason, Driver, Target, pool::Inner};

/// A connection lent to one target.
///
/// Dropping it gives the connection back. That may happen at any point, in the middle of a
/// statement too: a connection that is not at rest is cleaned first, by the pool's own task.
pub struct Lease<D: Driver> {
    inner: Arc<Inner<D>>,
    target: Arc<Target<D::Server>>,
    pub(crate) slot: usize,
    born: Instant,
    connection: Option<D::Connection>,
}

impl<D: Driver> Lease<D> {
    pub(crate) fn new(
        inner: Arc<Inner<D>>,
        target: Arc<Target<D::Server>>,
        slot: usize,
        born: Instant,
        connection: D::Connection,
    ) -> Self {
        Self {
            inner,
            target,
            slot,
            born,
            connection: Some(connection),
        }
    }

    /// The target this connection is lent to.
    pub fn target(&self) -> &Arc<Target<D::Server>> {
        &self.target
    }

    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        if let Some(connection) = self.connection.take() {
            self.inner
                .close_leased(self.slot, connection, CloseReason::Discarded);
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
            self.inner.give_back(self.slot, connection, self.born);
        }
    }
}

impl<D: Driver> fmt::Debug for Lease<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("target", &self.target.id())
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
