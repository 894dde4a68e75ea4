//! Who gets a connection that has become free.

use tokio::time::Instant;

use super::{
    Action, Core, Lent,
    servers::ServerIx,
    slots::{LastUser, State},
    targets::{Standing, TargetIx},
    turns::Turn,
};
use crate::Driver;

impl<D: Driver> Core<D> {
    /// The target whose caller gets the connection at rest in `slot`: the first in turn, unless
    /// one that comes soon after it used this connection last or is at home on it.
    pub(super) fn choose(&mut self, slot: usize) -> Option<TargetIx> {
        let place = self.slots.get(slot);
        let turns = &self.servers[place.server].turns;
        let head = turns.head();
        let limit =
            head.map(|(turn, _)| Turn { sated: turn.sated, number: turn.number + self.window });
        let comes_soon = |ix: &TargetIx| {
            let turn = self.targets[*ix].turn(self.config.max_per_target);
            limit.is_none_or(|limit| turn <= limit)
        };
        let last = place.last.filter(|last| self.waits(*last)).map(|last| last.at);
        let at_home = || turns.at_home(u32::try_from(slot).ok()?).next();
        last.filter(comes_soon).or_else(|| at_home().filter(comes_soon)).or(head.map(|(_, ix)| ix))
    }

    fn waits(&self, user: LastUser) -> bool {
        let entry = &self.targets[user.at];
        entry.id == user.id && !matches!(entry.standing, Standing::Out | Standing::Narrowed)
    }

    /// Gives a connection to the first of a target's callers.
    pub(super) fn grant(
        &mut self,
        slot: usize,
        connection: D::Connection,
        ix: TargetIx,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) {
        self.put(slot, State::Leased(ix));
        let lent = self.lend(slot, connection, ix, now);
        self.serve_first(ix, lent, now, out);
        // Its other callers waited for the same home connection, which is not to be had now.
        self.serve_idle(self.slots.get(slot).server, now, out);
    }

    /// Answers the first of a target's callers, and has the others wait for the next turn.
    fn serve_first(&mut self, ix: TargetIx, lent: Lent<D>, now: Instant, out: &mut Vec<Action<D>>) {
        let waiter = self.waiters.pop(ix).expect("a target in turn has callers that wait");
        let waited = now.duration_since(waiter.asked);
        self.counters.wait_time += waited;
        self.targets[ix].wait_time += waited;
        self.one_less_waits(ix);
        if let Some((_, next)) = self.waiters.first(ix) {
            let still = next.patient_until.is_some_and(|until| now < until);
            let others_are_idle = self.servers[self.targets[ix].server].idle > 0;
            let is_patient = still && others_are_idle && self.home_returns_soon(ix, now);
            self.draw_number(ix, is_patient);
        }
        out.push(Action::Grant { reply: waiter.reply, target: waiter.target, lent });
    }

    /// Gives idle connections to those who would take any.
    pub(super) fn serve_idle(&mut self, server: ServerIx, now: Instant, out: &mut Vec<Action<D>>) {
        while let Some((_, ix)) = self.servers[server].turns.head() {
            let Some(slot) = self.pick_any(ix) else { return };
            if let Some(lent) = self.lend_idle(slot, ix, now, out) {
                self.serve_first(ix, lent, now, out);
            }
        }
    }

    /// Counts a connection as lent, which it is marked as already.
    pub(super) fn lend(
        &mut self,
        slot: usize,
        connection: D::Connection,
        ix: TargetIx,
        now: Instant,
    ) -> Lent<D> {
        let at_home = self.home(ix).is_some_and(|home| home as usize == slot);
        let entry = &mut self.targets[ix];
        entry.in_use += 1;
        entry.leases += 1;
        let server = self.slots.get(slot).server;
        self.servers[server].lately.lent(entry.id, now);
        let place = self.slots.get_mut(slot);
        let is_last = place.last == Some(LastUser { at: ix, id: entry.id });
        let counters = &mut self.counters;
        counters.leases += 1;
        counters.warm += u64::from(is_last);
        counters.held += u64::from(place.held_for == Some(entry.id));
        counters.home += u64::from(at_home);
        counters.strangers += u64::from(!is_last && !at_home);
        place.since = now;
        place.held_for = None;
        if !is_last && self.config.max_targets_per_connection > 0 {
            place.served.insert(entry.id);
        }
        Lent { slot, connection, at_home }
    }

    /// A target's home connection goes away, or is not to be had for a while: its callers who
    /// waited for it take any.
    pub(super) fn end_patience(&mut self, slot: usize, now: Instant, out: &mut Vec<Action<D>>) {
        if self.config.home_patience.is_zero() {
            return;
        }
        let Ok(place) = u32::try_from(slot) else { return };
        let server = self.slots.get(slot).server;
        let is_patient = |ix: &TargetIx| self.targets[*ix].standing == Standing::Patient;
        let patient: Vec<_> =
            self.servers[server].turns.at_home(place).filter(is_patient).collect();
        for ix in patient {
            self.wait_for_any(ix);
        }
        self.serve_idle(server, now, out);
        self.open_where_needed(now, out);
    }

    /// One lease of a target has ended. Whether those of its callers who were to wait for that may have any
    /// connection now.
    pub(super) fn returned(&mut self, slot: usize, now: Instant) -> bool {
        let State::Leased(ix) = *self.slots.get(slot).state() else {
            unreachable!("a lease's slot is leased");
        };
        let entry = &mut self.targets[ix];
        entry.in_use -= 1;
        entry.last_slot = u32::try_from(slot).ok();
        let below_share = (entry.in_use as usize) < self.config.max_per_target;
        let id = entry.id;
        if entry.standing == Standing::Sated && below_share {
            self.wait_for_any(ix);
        }
        let is_lifted = self.watch_flood(ix, now);
        let place = self.slots.get_mut(slot);
        place.last = Some(LastUser { at: ix, id });
        if std::mem::take(&mut place.is_away) {
            let server = place.server;
            self.servers[server].homes_moved();
        }
        self.settle(ix);
        is_lifted
    }
}
