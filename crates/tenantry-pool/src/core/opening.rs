//! When a connection is opened, and whose place it takes.

use std::time::Duration;

use tokio::time::Instant;

use super::{Action, Core, slots::Slot};
use crate::{AcquireError, CloseReason, ConnectFailure, Driver};

/// After a failure to connect, while other connections work, the next attempt waits this long.
const BACKOFF: Duration = Duration::from_millis(250);

impl<D: Driver> Core<D> {
    /// Opens as many connections as waiters need and the budget allows. Where the budget is full
    /// of connections to other servers, one that is idle gives way.
    pub(crate) fn open_where_needed(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        if self.closed || self.waiters.len() == 0 {
            return;
        }
        if self.open_after.is_some_and(|after| now < after) {
            return;
        }
        if self.slots.count(|slot| matches!(slot, Slot::Vacant | Slot::Idle(_))) == 0 {
            return;
        }
        for (server, mut need) in self.unmet() {
            while need > 0 {
                if let Some(slot) = self.slots.vacant() {
                    self.slots.set(slot, Slot::Opening { server: server.clone() });
                    out.push(Action::Open { slot, server: server.clone() });
                } else if self.slots.count(|slot| matches!(slot, Slot::Closing)) < need
                    && let Some(slot) = self.slots.longest_idle_elsewhere(&server)
                {
                    let resting = self.slots.take_idle(slot).expect("it is idle");
                    self.close(slot, resting.connection, CloseReason::MakeRoom, out);
                } else {
                    break;
                }
                need -= 1;
            }
        }
    }

    /// A connection could not be opened. While others to the same server live, waiters go on
    /// waiting for those; otherwise they hear of the failure at once.
    pub(crate) fn open_failed(
        &mut self,
        slot: usize,
        failure: ConnectFailure<D::Error>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let Slot::Opening { server } = self.slots.set(slot, Slot::Vacant) else {
            unreachable!("only an opening slot can fail to open");
        };
        self.counters.open_failures += 1;
        self.last_failure = Some(failure.clone());
        let live = self.slots.count(|slot| match slot {
            Slot::Idle(resting) => resting.server == server,
            Slot::Leased { server: other, .. } | Slot::Cleaning { server: other, .. } => {
                *other == server
            }
            Slot::Vacant | Slot::Opening { .. } | Slot::Closing => false,
        });
        if live > 0 {
            self.open_after = Some(now + BACKOFF);
            return;
        }
        for waiter in self.waiters.remove_where(|waiter| *waiter.target.server() == server) {
            self.targets.waited(waiter.target.id());
            out.push(Action::Fail {
                reply: waiter.reply,
                error: AcquireError::Unavailable(failure.clone()),
            });
        }
        self.open_where_needed(now, out);
    }

    /// A connection has ended: its place is free.
    pub(crate) fn ended(&mut self, slot: usize, now: Instant, out: &mut Vec<Action<D>>) {
        self.slots.set(slot, Slot::Vacant);
        self.open_where_needed(now, out);
    }

    /// Whether whoever waits longest needs another server than `server` and nothing is under way
    /// to give it one.
    pub(crate) fn first_needs_another_server(&self, server: &D::Server) -> bool {
        let Some(first) = self.waiters.iter().next() else {
            return false;
        };
        let wanted = first.target.server();
        wanted != server
            && !self.slots.iter().any(|slot| match slot {
                Slot::Vacant | Slot::Closing => true,
                Slot::Opening { server } => server == wanted,
                Slot::Idle(_) | Slot::Leased { .. } | Slot::Cleaning { .. } => false,
            })
    }

    /// For each server: how many waiters have no connection being opened for them.
    fn unmet(&self) -> Vec<(D::Server, usize)> {
        let mut needs: Vec<(D::Server, usize)> = Vec::new();
        for waiter in self.waiters.iter() {
            let server = waiter.target.server();
            match needs.iter_mut().find(|(other, _)| other == server) {
                Some((_, need)) => *need += 1,
                None => needs.push((server.clone(), 1)),
            }
        }
        for slot in self.slots.iter() {
            if let Slot::Opening { server } = slot
                && let Some((_, need)) = needs.iter_mut().find(|(other, _)| other == server)
            {
                *need = need.saturating_sub(1);
            }
        }
        needs
    }
}
