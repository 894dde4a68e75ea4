use std::sync::Arc;

use tokio::sync::oneshot;

use super::Inner;
use crate::{AcquireError, Driver, Lease, core::Ticket, fault};

type Answer<D> = Result<Lease<D>, AcquireError<<D as Driver>::Error>>;

/// A place in the queue, given up on drop.
pub(super) struct Waiting<'a, D: Driver> {
    inner: &'a Arc<Inner<D>>,
    ticket: Ticket,
    receiver: oneshot::Receiver<Answer<D>>,
    /// Whether its caller has left the queue, or was taken out of it.
    is_over: bool,
}

impl<'a, D: Driver> Waiting<'a, D> {
    pub(super) fn new(
        inner: &'a Arc<Inner<D>>,
        ticket: Ticket,
        receiver: oneshot::Receiver<Answer<D>>,
    ) -> Self {
        Self { inner, ticket, receiver, is_over: false }
    }

    /// Waits for a connection, or for what stands against it: the time that this may take is kept by
    /// the pool, for all who wait.
    pub(super) async fn answer(mut self) -> Answer<D> {
        let answer = (&mut self.receiver).await;
        self.is_over = true;
        answer.unwrap_or(Err(AcquireError::Closed))
    }
}

impl<D: Driver> Drop for Waiting<'_, D> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let waited = self.inner.lock().leave(self.ticket);
        // A connection that is on its way here is given back by its lease, which ends with the
        // receiver.
        if fault::LEAK_PERMIT
            && !waited
            && let Ok(lease) = self.receiver.try_recv()
        {
            std::mem::forget(lease);
        }
    }
}
