//! Connections on their way back.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Action, Core,
    slots::{Kind, State},
};
use crate::{CloseReason, Condition, Driver, TargetId, fault, target::mix};

/// How many connections are closed at the same time because they are old or have served many
/// targets: however many are due, the others go on working.
const RECYCLED_AT_ONCE: usize = 1;

/// The part of `max_lifetime` within which connections end, each at a moment of its own.
const LIFETIME_SPREAD: f64 = 0.2;

impl<D: Driver> Core<D> {
    /// A lease has ended.
    pub(crate) fn give_back(
        &mut self,
        slot: usize,
        mut connection: D::Connection,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let is_lifted = self.returned(slot, now);
        self.forget_late(slot, &mut connection);
        match self.driver.condition(&connection) {
            _ if self.slots.get(slot).doomed => {
                self.close(slot, connection, CloseReason::CutOff, out);
            }
            Condition::Broken => self.close(slot, connection, CloseReason::Broken, out),
            Condition::Unclean => self.clean(slot, connection, out),
            Condition::Rest { held_for } => self.rest(slot, connection, held_for, now, out),
        }
        if !matches!(self.slots.get(slot).kind(), Kind::Leased | Kind::Idle) {
            self.end_patience(slot, now, out);
        }
        if is_lifted {
            self.serve_idle(self.slots.get(slot).server, now, out);
            self.open_where_needed(now, out);
        }
    }

    /// A lease is to last long: its connection is nobody's home until it comes back.
    pub(crate) fn lent_for_long(&mut self, slot: usize, now: Instant, out: &mut Vec<Action<D>>) {
        self.slots.get_mut(slot).is_away = true;
        self.servers[self.slots.get(slot).server].homes_moved();
        self.end_patience(slot, now, out);
    }

    /// A lease's connection must not be used again.
    pub(crate) fn close_leased(
        &mut self,
        slot: usize,
        connection: D::Connection,
        reason: CloseReason,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let is_lifted = self.returned(slot, now);
        self.close(slot, connection, reason, out);
        self.end_patience(slot, now, out);
        if is_lifted {
            self.serve_idle(self.slots.get(slot).server, now, out);
            self.open_where_needed(now, out);
        }
    }

    /// A connection has been cleaned.
    pub(crate) fn cleaned(
        &mut self,
        slot: usize,
        mut connection: D::Connection,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        let rested = std::mem::take(&mut self.slots.get_mut(slot).rested);
        let count =
            if rested { &mut self.counters.reset_at_rest } else { &mut self.counters.cleaned };
        *count += 1;
        let since = self.slots.get(slot).since;
        self.forget_late(slot, &mut connection);
        match self.driver.condition(&connection) {
            Condition::NEUTRAL => {
                self.rest(slot, connection, None, now, out);
                let place = self.slots.get_mut(slot);
                if rested && place.kind() == Kind::Idle {
                    // It was not used.
                    place.since = since;
                }
            }
            _ => self.close(slot, connection, CloseReason::Unclean, out),
        }
    }

    /// A connection could not be cleaned.
    pub(crate) fn clean_failed(
        &mut self,
        slot: usize,
        connection: D::Connection,
        out: &mut Vec<Action<D>>,
    ) {
        self.slots.get_mut(slot).rested = false;
        self.close(slot, connection, CloseReason::Unclean, out);
    }

    /// A connection has been opened.
    pub(crate) fn opened(
        &mut self,
        slot: usize,
        connection: D::Connection,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        self.counters.opened += 1;
        self.handles[slot] = Some(self.driver.handle(&connection));
        let seed = mix(self.counters.opened, slot as u64);
        let lifetime = lifetime(self.config.max_lifetime, seed);
        let place = self.slots.get_mut(slot);
        place.born = now;
        place.lifetime = lifetime;
        place.last = None;
        place.served.clear();
        place.forget.clear();
        place.forgets_all = false;
        place.doomed = false;
        let server = &mut self.servers[place.server];
        server.last_failure = None;
        server.open_after = None;
        self.rest(slot, connection, None, now, out);
    }

    /// Drops what the connection keeps for targets forgotten while it was away.
    fn forget_late(&mut self, slot: usize, connection: &mut D::Connection) {
        for target in self.slots.get_mut(slot).forget.drain(..) {
            self.driver.forget(connection, target);
        }
    }

    /// A connection at rest goes to whoever waits for it, or becomes idle.
    fn rest(
        &mut self,
        slot: usize,
        connection: D::Connection,
        held_for: Option<TargetId>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        if self.closed {
            return self.close(slot, connection, CloseReason::PoolClosed, out);
        }
        if self.slots.get(slot).forgets_all {
            return self.close(slot, connection, CloseReason::ManyTargets, out);
        }
        if let Some(reason) = self.is_worn(slot, now) {
            return self.close(slot, connection, reason, out);
        }
        if held_for.is_some_and(|target| !self.is_known_to(slot, target)) {
            return self.clean(slot, connection, out);
        }
        let server = self.slots.get(slot).server;
        if self.is_due_elsewhere(server, now) {
            return self.close(slot, connection, CloseReason::MakeRoom, out);
        }
        let place = self.slots.get_mut(slot);
        place.since = now;
        place.held_for = held_for;
        match self.choose(slot).filter(|_| !fault::LOST_WAKEUP) {
            Some(ix) => {
                self.grant(slot, connection, ix, now, out);
                // The next of its callers may have waited long enough for their home.
                self.serve_idle(server, now, out);
                self.open_where_needed(now, out);
            }
            None => {
                self.put(slot, State::Idle(connection));
                // Somebody may wait for another server while this connection fills a place.
                self.open_where_needed(now, out);
            }
        }
    }

    /// Whether a target that a connection is held for is remembered: mostly it used it last.
    fn is_known_to(&self, slot: usize, target: TargetId) -> bool {
        match self.slots.get(slot).last {
            Some(last) => self.targets.known_at(last.at, target).is_some(),
            None => self.targets.known(target).is_some(),
        }
    }

    /// Why a connection is to be replaced, if it is and few enough others are being replaced. At
    /// `max_lifetime` itself it is, however many are.
    pub(super) fn is_worn(&self, slot: usize, now: Instant) -> Option<CloseReason> {
        let place = self.slots.get(slot);
        let age = now.duration_since(place.born);
        let most = self.config.max_targets_per_connection;
        let reason = if age >= place.lifetime {
            CloseReason::Lifetime
        } else if most > 0 && place.served.len() >= most {
            CloseReason::ManyTargets
        } else {
            return None;
        };
        let may_go = self.recycling < RECYCLED_AT_ONCE || age >= self.config.max_lifetime;
        may_go.then_some(reason)
    }
}

/// How old a connection may become: `max`, or up to a fifth less.
fn lifetime(max: Duration, seed: u64) -> Duration {
    // 53 bits: what an f64 holds exactly.
    let share = (seed >> 11) as f64 / (1u64 << 53) as f64;
    max.mul_f64(1.0 - LIFETIME_SPREAD * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_differ_and_are_never_longer_than_configured() {
        let max = Duration::from_secs(1800);
        let all: Vec<_> = (0..1000).map(|number| lifetime(max, mix(number, 3))).collect();
        assert!(all.iter().all(|one| *one <= max && *one >= max.mul_f64(0.8)));
        let early = all.iter().filter(|one| **one < max.mul_f64(0.9)).count();
        assert!((400..600).contains(&early), "spread evenly: {early} of 1000 in the earlier half");
    }
}
