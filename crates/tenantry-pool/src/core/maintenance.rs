//! What is looked after every second.

use tokio::time::Instant;

use super::{
    Action, Core,
    slots::{Kind, State},
};
use crate::{CloseReason, Condition, Driver};

impl<D: Driver> Core<D> {
    /// Closes what rested too long, forgets targets nobody asked for, and opens what is missing.
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
        self.open_where_needed(now, out);
        self.open_spare(now, out);
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
