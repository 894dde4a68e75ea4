use std::sync::Arc;

use tokio::{sync::oneshot, time::Instant};

use super::Inner;
use crate::{AcquireError, Driver, Lease, core::Ticket, fault, runtime::timeout_at};

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

    /// Waits for a connection since `start`: until `patient_until` for the home one, if that is
    /// wanted, then for any.
    pub(super) async fn answer(
        mut self,
        start: Instant,
        patient_until: Option<Instant>,
    ) -> Answer<D> {
        let deadline = start + self.inner.config.acquire_timeout;
        if let Some(until) = patient_until.filter(|until| *until < deadline) {
            if let Ok(answer) = timeout_at(until, &mut self.receiver).await {
                return self.end(answer.ok());
            }
            let now = Instant::now();
            self.inner.step(|core, out| core.impatient(self.ticket, now, out));
        }
        if let Ok(answer) = timeout_at(deadline, &mut self.receiver).await {
            return self.end(answer.ok());
        }
        let now = Instant::now();
        let error = self.inner.lock().timeout(self.ticket, now - start, now);
        match error {
            Some(error) => self.end(Some(Err(error))),
            // It was served at the last moment: the answer is on its way.
            None => {
                let answer = (&mut self.receiver).await;
                self.end(answer.ok())
            }
        }
    }

    fn end(&mut self, answer: Option<Answer<D>>) -> Answer<D> {
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
