//! What is looked after at regular times.

use tokio::time::Instant;

use super::{
    Action, Core,
    slots::{Kind, Slot, State},
};
use crate::{CloseReason, Condition, Driver};

impl<D: Driver> Core<D> {
    /// Every second: closes what rested too long, forgets targets nobody asked for, and opens what is missing.
    pub(crate) fn maintain(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        if self.closed {
            return;
        }
        for slot in 0..self.slots.len() {
            if let Some(reason) = self.is_spent(slot, now) {
                let connection =
                    self.take_idle(slot, State::Closing).expect("only an idle one is spent");
                self.close(slot, connection, reason, out);
            }
        }
        for target in self.targets.expired(self.config.target_ttl, now) {
            self.evict(target, out);
        }
        self.end_stalled_floods(now, out);
        self.open_where_needed(now, out);
        self.open_spare(now, out);
    }

    /// Cleans connections that have rested for a while and still keep what somebody left. One always
    /// stays idle for whoever comes; it is its turn the next time. Four times a second.
    pub(crate) fn reset_rested(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        let keeps = |slot: &Slot<D::Connection>| match slot.state() {
            State::Idle(connection) => self.driver.has_residue(connection),
            _ => false,
        };
        let is_due = |slot: &Slot<D::Connection>| {
            keeps(slot) && now.duration_since(slot.since) >= self.config.reset_after
        };
        let rested = self.slots.iter().filter(|(_, slot)| is_due(slot));
        let mut rested: Vec<_> = rested.map(|(place, slot)| (slot.since, place)).collect();
        rested.sort_unstable();
        if rested.len() > 1 && rested.len() == self.slots.count(Kind::Idle) {
            rested.pop();
        }
        for (_, slot) in rested {
            let connection = self.take_idle(slot, State::Cleaning).expect("it is idle");
            self.slots.get_mut(slot).held_for = None;
            self.slots.get_mut(slot).rested = true;
            out.push(Action::Clean { slot, connection });
        }
    }

    /// Why an idle connection is to be closed.
    fn is_spent(&self, slot: usize, now: Instant) -> Option<CloseReason> {
        let place = self.slots.get(slot);
        let State::Idle(connection) = place.state() else { return None };
        if self.driver.condition(connection) == Condition::Broken {
            return Some(CloseReason::Broken);
        }
        let is_unused = now.duration_since(place.since) >= self.config.idle_timeout;
        if is_unused && self.open_count() > self.config.min_idle {
            return Some(CloseReason::Idle);
        }
        self.is_worn(slot, now)
    }

    /// Opens what is missing to `min_idle`, to the server that most targets share.
    fn open_spare(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        while self.open_count() < self.config.min_idle
            && let Some(slot) = self.slots.vacant()
            && let Some(server) = self.servers.busiest()
            && self.servers[server].may_open(now)
        {
            self.open(slot, server, out);
        }
    }

    /// Connections that are there or will be.
    fn open_count(&self) -> usize {
        [Kind::Opening, Kind::Idle, Kind::Leased, Kind::Cleaning]
            .into_iter()
            .map(|kind| self.slots.count(kind))
            .sum()
    }
}
