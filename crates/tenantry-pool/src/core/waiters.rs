//! Callers without a connection.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{sync::oneshot, time::Instant};

use super::targets::TargetIx;
use crate::{AcquireError, Driver, Lease, Target, fault};

pub(crate) type Reply<D> = oneshot::Sender<Result<Lease<D>, AcquireError<<D as Driver>::Error>>>;

/// What a caller that waits is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket {
    pub(crate) target: TargetIx,
    /// Drawn once: later callers have higher ones.
    pub(crate) number: u64,
}

/// A caller without a connection.
pub(crate) struct Waiter<D: Driver> {
    pub(crate) target: Arc<Target<D::Server>>,
    pub(crate) reply: Reply<D>,
    /// When it came.
    pub(crate) asked: Instant,
    /// Until when it would rather wait for its home connection than take another.
    pub(crate) patient_until: Option<Instant>,
}

/// Callers without a connection: each target's in the order they came.
pub(crate) struct Waiters<D: Driver> {
    queue: BTreeMap<Ticket, Waiter<D>>,
    next: u64,
}

impl<D: Driver> Default for Waiters<D> {
    fn default() -> Self {
        Self { queue: BTreeMap::new(), next: 0 }
    }
}

impl<D: Driver> Waiters<D> {
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn push(&mut self, target: TargetIx, waiter: Waiter<D>) -> Ticket {
        let ticket = Ticket { target, number: self.next };
        self.next += 1;
        self.queue.insert(ticket, waiter);
        ticket
    }

    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<Waiter<D>> {
        self.queue.remove(&ticket)
    }

    pub(crate) fn get(&self, ticket: Ticket) -> Option<&Waiter<D>> {
        self.queue.get(&ticket)
    }

    /// The first in a target's queue.
    pub(crate) fn first(&self, target: TargetIx) -> Option<(Ticket, &Waiter<D>)> {
        self.of(target).next()
    }

    /// Takes the one out of a target's queue whose turn it is.
    pub(crate) fn pop(&mut self, target: TargetIx) -> Option<Waiter<D>> {
        let next = if fault::LAST_FIRST { self.of(target).last() } else { self.first(target) };
        let (ticket, _) = next?;
        self.queue.remove(&ticket)
    }

    pub(crate) fn first_of_all(&self) -> Option<TargetIx> {
        self.queue.first_key_value().map(|(ticket, _)| ticket.target)
    }

    fn of(&self, target: TargetIx) -> impl Iterator<Item = (Ticket, &Waiter<D>)> {
        let all = Ticket { target, number: 0 }..=Ticket { target, number: u64::MAX };
        self.queue.range(all).map(|(ticket, waiter)| (*ticket, waiter))
    }
}
