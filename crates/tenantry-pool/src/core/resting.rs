//! Connections on their way back.

use std::cell::Cell;

use tokio::time::Instant;

use super::{
    Action, Core,
    slots::{Resting, Slot},
};
use crate::{CloseReason, Condition, Driver};

impl<D: Driver> Core<D> {
    /// A lease has ended.
    pub(crate) fn give_back(
        &mut self,
        slot: usize,
        mut connection: D::Connection,
        born: Instant,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let Slot::Leased { target, server, forget } = self.slots.set(slot, Slot::Closing) else {
            unreachable!("a lease's slot is leased");
        };
        self.targets.returned(target);
        for target in forget {
            self.driver.forget(&mut connection, target);
        }
        let condition = self.driver.condition(&connection);
        let mut resting = Resting {
            connection,
            server,
            born,
            since: now,
            last: Some(target),
            held_for: None,
            at_home: false,
        };
        match condition {
            Condition::Broken => self.close(slot, resting.connection, CloseReason::Broken, out),
            Condition::Unclean => self.clean(slot, resting, out),
            Condition::Rest { held_for } => {
                resting.held_for = held_for;
                self.rest(slot, resting, now, out);
            }
        }
    }

    /// A lease's connection must not be used again.
    pub(crate) fn close_leased(
        &mut self,
        slot: usize,
        connection: D::Connection,
        reason: CloseReason,
        out: &mut Vec<Action<D>>,
    ) {
        if let Slot::Leased { target, .. } = self.slots.get(slot) {
            let target = *target;
            self.targets.returned(target);
        }
        self.close(slot, connection, reason, out);
    }

    /// A connection has been cleaned.
    pub(crate) fn cleaned(
        &mut self,
        slot: usize,
        mut resting: Resting<D>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        if let Slot::Cleaning { forget, .. } = self.slots.set(slot, Slot::Closing) {
            for target in forget {
                self.driver.forget(&mut resting.connection, target);
            }
        }
        self.counters.cleaned += 1;
        resting.since = now;
        resting.held_for = None;
        match self.driver.condition(&resting.connection) {
            Condition::Rest { held_for: None } => self.rest(slot, resting, now, out),
            _ => self.close(slot, resting.connection, CloseReason::Unclean, out),
        }
    }

    /// A connection could not be cleaned.
    pub(crate) fn clean_failed(
        &mut self,
        slot: usize,
        resting: Resting<D>,
        out: &mut Vec<Action<D>>,
    ) {
        self.close(slot, resting.connection, CloseReason::Unclean, out);
    }

    /// A connection has been opened.
    pub(crate) fn opened(
        &mut self,
        slot: usize,
        connection: D::Connection,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let Slot::Opening { server } = self.slots.set(slot, Slot::Closing) else {
            unreachable!("only an opening slot gets a new connection");
        };
        self.counters.opened += 1;
        self.last_failure = None;
        self.open_after = None;
        let resting = Resting {
            connection,
            server,
            born: now,
            since: now,
            last: None,
            held_for: None,
            at_home: false,
        };
        self.rest(slot, resting, now, out);
    }

    /// A connection at rest goes to whoever waits for it, or becomes idle.
    fn rest(
        &mut self,
        slot: usize,
        mut resting: Resting<D>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        if self.closed {
            return self.close(slot, resting.connection, CloseReason::PoolClosed, out);
        }
        if now.duration_since(resting.born) >= self.config.max_lifetime {
            return self.close(slot, resting.connection, CloseReason::Lifetime, out);
        }
        if resting.held_for.is_some_and(|target| !self.targets.contains(target)) {
            return self.clean(slot, resting, out);
        }
        if self.first_needs_another_server(&resting.server) {
            return self.close(slot, resting.connection, CloseReason::MakeRoom, out);
        }
        let share = self.config.max_per_target;
        // Waiters come in runs of the same target: each is looked up once.
        let last = Cell::new(None);
        let has_share = |target| match last.get() {
            Some((known, has)) if known == target => has,
            _ => {
                let has = self.targets.get(target).is_some_and(|entry| entry.in_use >= share);
                last.set(Some((target, has)));
                has
            }
        };
        match self.waiters.choose(slot, &resting, has_share) {
            Some(waiter) => {
                let id = waiter.target.id();
                self.targets.waited(id);
                let server = resting.server.clone();
                self.slots.set(slot, Slot::Leased { target: id, server, forget: Vec::new() });
                self.lent(slot, &mut resting, id);
                out.push(Action::Grant {
                    reply: waiter.reply,
                    target: waiter.target,
                    slot,
                    resting,
                });
            }
            None => {
                self.slots.set(slot, Slot::Idle(resting));
                // Somebody may wait for another server while this connection fills a place.
                self.open_where_needed(now, out);
            }
        }
    }

    fn clean(&mut self, slot: usize, resting: Resting<D>, out: &mut Vec<Action<D>>) {
        let server = resting.server.clone();
        self.slots.set(slot, Slot::Cleaning { server, forget: Vec::new() });
        out.push(Action::Clean { slot, resting });
    }
}
