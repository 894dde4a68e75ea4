use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::oneshot;

use super::slots::Resting;
use crate::{AcquireError, Driver, Lease, Target, TargetId};

/// How many waiters, in order, a freed connection is offered to.
const LOOKAHEAD: usize = 32;
/// How often a waiter lets others pass whom the freed connection suits better.
const MAX_PASSED: u32 = 8;

pub(crate) type Reply<D> = oneshot::Sender<Result<Lease<D>, AcquireError<<D as Driver>::Error>>>;

/// A caller without a connection.
pub(crate) struct Waiter<D: Driver> {
    pub(crate) target: Arc<Target<D::Server>>,
    /// The slot that suits its target best.
    pub(crate) home: Option<usize>,
    /// How often somebody who came later was served before it.
    pub(crate) passed: u32,
    pub(crate) reply: Reply<D>,
}

/// Callers without a connection, in the order they came.
pub(crate) struct Waiters<D: Driver> {
    queue: BTreeMap<u64, Waiter<D>>,
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

    pub(crate) fn push(&mut self, waiter: Waiter<D>) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.queue.insert(ticket, waiter);
        ticket
    }

    pub(crate) fn remove(&mut self, ticket: u64) -> Option<Waiter<D>> {
        self.queue.remove(&ticket)
    }

    pub(crate) fn remove_where(&mut self, which: impl Fn(&Waiter<D>) -> bool) -> Vec<Waiter<D>> {
        self.queue.extract_if(.., |_, waiter| which(waiter)).map(|(_, waiter)| waiter).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Waiter<D>> {
        self.queue.values()
    }

    /// Chooses and removes the waiter for a freed connection: the first in order whose target has
    /// not got its share yet, unless one of those close behind it is at home on this connection or
    /// used it last, and the first has not let too many pass already. When all have their share,
    /// the first in order.
    pub(crate) fn choose(
        &mut self,
        slot: usize,
        resting: &Resting<D>,
        has_share: impl Fn(TargetId) -> bool,
    ) -> Option<Waiter<D>> {
        let mut suited = self
            .queue
            .iter()
            .filter(|(_, waiter)| *waiter.target.server() == resting.server)
            .filter(|(_, waiter)| !has_share(waiter.target.id()));
        let Some((&first, waiter)) = suited.next() else {
            let (&any, _) =
                self.queue.iter().find(|(_, waiter)| *waiter.target.server() == resting.server)?;
            return self.queue.remove(&any);
        };
        let may_pass = waiter.passed < MAX_PASSED;
        let rank = |waiter: &Waiter<D>| {
            let id = Some(waiter.target.id());
            match (resting.last == id || resting.held_for == id, resting.held_for) {
                (true, _) => 2,
                (false, None) if waiter.home == Some(slot) => 1,
                _ => 0,
            }
        };
        let mut chosen = (rank(waiter), first);
        if may_pass {
            for (&ticket, waiter) in suited.take(LOOKAHEAD) {
                if chosen.0 == 2 {
                    break;
                }
                let rank = rank(waiter);
                if rank > chosen.0 {
                    chosen = (rank, ticket);
                }
            }
        }
        if chosen.1 != first
            && let Some(waiter) = self.queue.get_mut(&first)
        {
            waiter.passed += 1;
        }
        self.queue.remove(&chosen.1)
    }
}
