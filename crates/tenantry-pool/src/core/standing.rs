//! How targets come to be known, begin to wait, and end.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Action, Core, Ticket,
    targets::{Standing, TargetIx},
    waiters::Waiter,
};
use crate::{Driver, Target, fault};

impl<D: Driver> Core<D> {
    /// Notes that a target is used; beyond the bound the least recently used one is forgotten.
    pub(super) fn touch(
        &mut self,
        target: &Arc<Target<D::Server>>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) -> TargetIx {
        let ix = match self.targets.find_at(target.place(), target.id()) {
            Some(ix) => ix,
            None => {
                let server = self.servers.refer(target.server());
                self.servers[server].targets += 1;
                self.targets.insert(target.id(), !target.is_beside(), server, now)
            }
        };
        target.set_place(ix.as_u32());
        if self.targets.touch(ix, now) {
            out.push(Action::TargetCreated(target.id()));
            while let Some(evicted) = self.targets.beyond_bound(ix) {
                self.evict(evicted, out);
            }
        }
        ix
    }

    /// Ends the entry of a target that is neither remembered nor at work.
    pub(super) fn settle(&mut self, ix: TargetIx) {
        let entry = &self.targets[ix];
        if !entry.is_known() && !entry.is_busy() {
            let server = entry.server;
            self.floods.end(ix);
            self.targets.remove(ix);
            self.servers[server].targets -= 1;
            self.servers.release(server);
        }
    }

    /// A caller waits from now on.
    pub(super) fn enqueue(&mut self, ix: TargetIx, waiter: Waiter<D>) -> Ticket {
        let is_patient = waiter.patient_until.is_some();
        let ticket = self.waiters.push(ix, waiter);
        self.counters.waits += 1;
        let entry = &mut self.targets[ix];
        entry.waiting += 1;
        entry.waits += 1;
        match entry.standing {
            Standing::Out => self.draw_number(ix, is_patient),
            Standing::Ready | Standing::Sated => self.servers[entry.server].waiting += 1,
            Standing::Patient | Standing::Narrowed => {}
        }
        ticket
    }

    /// One caller fewer waits for a target.
    pub(super) fn one_less_waits(&mut self, ix: TargetIx) {
        let entry = &mut self.targets[ix];
        entry.waiting -= 1;
        if matches!(entry.standing, Standing::Ready | Standing::Sated) {
            self.servers[entry.server].waiting -= 1;
        }
        if entry.waiting == 0 {
            self.stand(ix, Standing::Out);
        }
    }

    /// Places a target at the end of the order.
    pub(super) fn draw_number(&mut self, ix: TargetIx, is_patient: bool) {
        self.stand(ix, Standing::Out);
        let first = self.waiters.first(ix).map(|(ticket, _)| ticket.number);
        self.targets[ix].number = match first {
            Some(number) if fault::NO_TURNS => number,
            _ => self.next_number,
        };
        self.next_number += 1;
        if is_patient {
            self.stand(ix, Standing::Patient);
        } else {
            self.wait_for_any(ix);
        }
    }

    /// Has a target wait for any connection, in the place its number gives it, unless it has as many as it
    /// is worth.
    pub(super) fn wait_for_any(&mut self, ix: TargetIx) {
        let in_use = self.targets[ix].in_use as usize;
        let standing = if in_use >= self.floods.width(ix) {
            Standing::Narrowed
        } else if in_use >= self.config.max_per_target {
            Standing::Sated
        } else {
            Standing::Ready
        };
        self.stand(ix, standing);
    }

    /// Changes how a target waits.
    fn stand(&mut self, ix: TargetIx, to: Standing) {
        let home = match to {
            Standing::Ready | Standing::Patient => self.home(ix),
            Standing::Out | Standing::Sated | Standing::Narrowed => None,
        };
        let share = self.config.max_per_target;
        let entry = &mut self.targets[ix];
        let state = &mut self.servers[entry.server];
        let before = state.turns.head().map(|(turn, _)| turn);
        if matches!(entry.standing, Standing::Ready | Standing::Sated) {
            state.turns.leave(entry.turn(share));
            state.waiting -= entry.waiting as usize;
        }
        if let Some(slot) = entry.listed.take() {
            state.turns.leave_home(slot, entry.number);
        }
        entry.standing = to;
        if matches!(to, Standing::Ready | Standing::Sated) {
            state.turns.join(entry.turn(share), ix);
            state.waiting += entry.waiting as usize;
        }
        if let Some(slot) = home {
            entry.listed = Some(slot);
            state.turns.join_home(slot, entry.number, ix);
        }
        let server = entry.server;
        self.servers.head_was(server, before);
    }
}
