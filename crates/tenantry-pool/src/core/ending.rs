//! Targets that are forgotten, and the end of the pool.

use tokio::time::Instant;

use super::{
    Action, Core,
    slots::{Kind, State},
    targets::{Standing, TargetIx},
};
use crate::{AcquireError, CloseReason, Driver, Target, TargetId, fault};

impl<D: Driver> Core<D> {
    /// Forgets a target: its statements go, and nothing is held for it any more. Whether it was
    /// known.
    pub(crate) fn evict(&mut self, target: TargetId, out: &mut Vec<Action<D>>) -> bool {
        // One that is not remembered may have been at work since it was evicted.
        self.forget(target, out);
        let Some(ix) = self.targets.known(target) else {
            return false;
        };
        self.targets.forget(ix);
        self.settle(ix);
        out.push(Action::TargetEvicted(target));
        true
    }

    /// Forgets a target for good; its waiters hear of it.
    pub(crate) fn retire(&mut self, target: &Target<D::Server>, out: &mut Vec<Action<D>>) {
        target.set_retired();
        if let Some(ix) = self.targets.find(target.id())
            && !fault::BIND_RETIRED
        {
            self.fail_all(ix, out, || AcquireError::Retired);
            self.settle(ix);
        }
        self.evict(target.id(), out);
    }

    /// Refuses new callers and tells those who wait; what rests is closed.
    pub(crate) fn shut(&mut self, out: &mut Vec<Action<D>>) {
        self.closed = true;
        while let Some(ix) = self.waiters.first_of_all() {
            self.fail_all(ix, out, || AcquireError::Closed);
            self.settle(ix);
        }
        for slot in 0..self.slots.len() {
            if let Some(connection) = self.take_idle(slot, State::Closing) {
                self.close(slot, connection, CloseReason::PoolClosed, out);
            }
        }
    }

    /// Whether a connection is lent to a target, since `now` at the latest.
    pub(crate) fn is_lent(&self, target: TargetId, now: Instant) -> bool {
        self.lent(|whose, since| whose == target && since <= now).next().is_some()
    }

    /// Has connections closed when they come back, whatever their condition: those that are lent, by
    /// whom to and since when. What ends them now.
    pub(crate) fn doom(
        &mut self,
        which: impl Fn(TargetId, Instant) -> bool,
    ) -> Vec<(usize, TargetId, D::Handle)> {
        let lent: Vec<_> = self.lent(which).collect();
        let with_handle = lent.into_iter().filter_map(|(slot, target)| {
            self.slots.get_mut(slot).doomed = true;
            Some((slot, target, self.handles[slot].clone()?))
        });
        with_handle.collect()
    }

    /// The connections that are lent: their places, and whom to.
    fn lent(
        &self,
        which: impl Fn(TargetId, Instant) -> bool,
    ) -> impl Iterator<Item = (usize, TargetId)> {
        self.slots.iter().filter_map(move |(place, slot)| {
            let State::Leased(ix) = slot.state() else { return None };
            let target = self.targets[*ix].id;
            which(target, slot.since).then_some((place, target))
        })
    }

    /// How many connections live, where those in some places have ended though they are still lent.
    pub(crate) fn alive(&self, ended: &[usize]) -> usize {
        let ended = ended.iter().filter(|slot| self.slots.get(**slot).kind() == Kind::Leased);
        self.stats().total() - ended.count()
    }

    /// Answers all callers of a target that wait with an error.
    pub(super) fn fail_all(
        &mut self,
        ix: TargetIx,
        out: &mut Vec<Action<D>>,
        error: impl Fn() -> AcquireError<D::Error>,
    ) {
        while let Some(waiter) = self.waiters.pop(ix) {
            self.one_less_waits(ix);
            out.push(Action::Fail { reply: waiter.reply, error: error() });
        }
        debug_assert_eq!(self.targets[ix].standing, Standing::Out);
    }

    fn forget(&mut self, target: TargetId, out: &mut Vec<Action<D>>) {
        for slot in 0..self.slots.len() {
            let place = self.slots.get_mut(slot);
            match place.state_mut() {
                State::Idle(connection) => {
                    self.driver.forget(connection, target);
                    if place.held_for == Some(target) {
                        place.held_for = None;
                        let connection =
                            self.take_idle(slot, State::Cleaning).expect("seen idle just now");
                        out.push(Action::Clean { slot, connection });
                    }
                }
                State::Leased(_) | State::Cleaning => place.forget_late(target),
                State::Vacant | State::Opening | State::Closing => {}
            }
        }
    }

    /// Whether every connection has ended.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.count(Kind::Vacant) == self.slots.len()
    }
}
