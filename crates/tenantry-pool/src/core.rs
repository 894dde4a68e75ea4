//! The decisions of the pool, as a state machine without I/O: each method takes what happened and
//! pushes the [`Action`]s to carry out once the lock is released.

mod opening;
mod resting;
mod slots;
mod targets;
mod waiters;

use std::sync::Arc;

use tokio::time::Instant;

use self::{
    slots::{Slot, Slots},
    targets::Targets,
    waiters::{Waiter, Waiters},
};
use crate::{
    AcquireError, CloseReason, Condition, ConnectFailure, Counters, Driver, PoolConfig, PoolStats,
    Target, TargetId, TargetStats,
};

pub(crate) use self::{slots::Resting, waiters::Reply};

/// What the owner of the state must do after releasing the lock.
pub(crate) enum Action<D: Driver> {
    /// Lend the connection in `slot` to a waiter.
    Grant { reply: Reply<D>, target: Arc<Target<D::Server>>, slot: usize, resting: Resting<D> },
    /// Tell a waiter that there will be no connection.
    Fail { reply: Reply<D>, error: AcquireError<D::Error> },
    /// Open a connection for `slot`.
    Open { slot: usize, server: D::Server },
    /// Clean a connection.
    Clean { slot: usize, resting: Resting<D> },
    /// Close a connection and wait for its end.
    Close { slot: usize, connection: D::Connection, reason: CloseReason },
    /// A target is used for the first time.
    TargetCreated(TargetId),
    /// A target is forgotten.
    TargetEvicted(TargetId),
}

/// The answer to a caller who wants a connection.
pub(crate) enum Acquired<D: Driver> {
    Now { slot: usize, resting: Resting<D> },
    Wait { ticket: u64 },
}

/// All state that the pool's mutex guards.
pub(crate) struct Core<D: Driver> {
    driver: Arc<D>,
    config: PoolConfig,
    /// One place for each connection of the budget.
    slots: Slots<D>,
    /// Callers without a connection, in the order they came.
    waiters: Waiters<D>,
    /// The targets used of late.
    targets: Targets,
    counters: Counters,
    /// The last failure to connect since a connection was opened.
    last_failure: Option<ConnectFailure<D::Error>>,
    /// No attempt to connect before this moment, after one that failed.
    open_after: Option<Instant>,
    closed: bool,
}

impl<D: Driver> Core<D> {
    pub(crate) fn new(driver: Arc<D>, config: PoolConfig) -> Self {
        Self {
            slots: Slots::new(config.max_connections),
            waiters: Waiters::default(),
            targets: Targets::new(config.max_targets),
            counters: Counters::default(),
            last_failure: None,
            open_after: None,
            closed: false,
            driver,
            config,
        }
    }

    /// A caller wants a connection for `target`. With [`Acquired::Wait`], `reply` will be answered.
    pub(crate) fn acquire(
        &mut self,
        target: &Arc<Target<D::Server>>,
        reply: impl FnOnce() -> Reply<D>,
        now: Instant,
        out: &mut Vec<Action<D>>,
    ) -> Result<Acquired<D>, AcquireError<D::Error>> {
        if self.closed {
            return Err(AcquireError::Closed);
        }
        if target.is_retired() {
            return Err(AcquireError::Retired);
        }
        self.touch(target.id(), now, out);
        self.counters.leases += 1;
        while let Some(slot) = self.slots.best_idle(target) {
            let mut resting =
                self.slots.lend(slot, target.id()).expect("best_idle gives idle slots");
            if self.driver.condition(&resting.connection) == Condition::Broken {
                self.close(slot, resting.connection, CloseReason::Broken, out);
                continue;
            }
            self.lent(slot, &mut resting, target.id());
            return Ok(Acquired::Now { slot, resting });
        }
        self.counters.waits += 1;
        self.targets.entry(target.id(), now).waiting += 1;
        let ticket = self.waiters.push(Waiter {
            target: Arc::clone(target),
            home: self.slots.home(target.id()),
            passed: 0,
            reply: reply(),
        });
        self.open_where_needed(now, out);
        Ok(Acquired::Wait { ticket })
    }

    /// A waiter has gone: its caller was dropped, or its time is up.
    pub(crate) fn leave(&mut self, ticket: u64) {
        if let Some(waiter) = self.waiters.remove(ticket) {
            self.targets.waited(waiter.target.id());
        }
    }

    /// The error for a caller whose time is up.
    pub(crate) fn timeout(&self, waited: std::time::Duration) -> AcquireError<D::Error> {
        AcquireError::Timeout {
            waited,
            in_use: self.slots.count(|slot| matches!(slot, Slot::Leased { .. })),
            waiting: self.waiters.len(),
            max_connections: self.config.max_connections,
            last_failure: self.last_failure.clone(),
        }
    }

    /// Forgets a target: its statements go, and nothing is held for it any more. Whether it was
    /// known.
    pub(crate) fn evict(&mut self, target: TargetId, out: &mut Vec<Action<D>>) -> bool {
        if !self.targets.remove(target) {
            return false;
        }
        self.forget(target, out);
        out.push(Action::TargetEvicted(target));
        true
    }

    /// Forgets a target for good; its waiters hear of it.
    pub(crate) fn retire(&mut self, target: &Target<D::Server>, out: &mut Vec<Action<D>>) {
        target.set_retired();
        for waiter in self.waiters.remove_where(|waiter| waiter.target.id() == target.id()) {
            out.push(Action::Fail { reply: waiter.reply, error: AcquireError::Retired });
        }
        if !self.evict(target.id(), out) {
            self.forget(target.id(), out);
        }
    }

    /// Refuses new callers and tells those who wait; what rests is closed.
    pub(crate) fn shut(&mut self, out: &mut Vec<Action<D>>) {
        self.closed = true;
        for waiter in self.waiters.remove_where(|_| true) {
            out.push(Action::Fail { reply: waiter.reply, error: AcquireError::Closed });
        }
        for slot in 0..self.slots.len() {
            if let Some(resting) = self.slots.take_idle(slot) {
                self.close(slot, resting.connection, CloseReason::PoolClosed, out);
            }
        }
    }

    /// Closes what rested too long and forgets targets nobody asked for.
    pub(crate) fn maintain(&mut self, now: Instant, out: &mut Vec<Action<D>>) {
        for slot in 0..self.slots.len() {
            let Slot::Idle(resting) = self.slots.get(slot) else {
                continue;
            };
            let reason = if self.driver.condition(&resting.connection) == Condition::Broken {
                CloseReason::Broken
            } else if now.duration_since(resting.since) >= self.config.idle_timeout {
                CloseReason::Idle
            } else if now.duration_since(resting.born) >= self.config.max_lifetime {
                CloseReason::Lifetime
            } else {
                continue;
            };
            let resting = self.slots.take_idle(slot).expect("seen idle just now");
            self.close(slot, resting.connection, reason, out);
        }
        for target in self.targets.expired(self.config.target_ttl, now) {
            self.evict(target, out);
        }
        self.open_where_needed(now, out);
    }

    /// Notes that a target is used; beyond the bound the least recently used one is forgotten.
    fn touch(&mut self, target: TargetId, now: Instant, out: &mut Vec<Action<D>>) {
        if self.targets.touch(target, now) {
            out.push(Action::TargetCreated(target));
            if let Some(evicted) = self.targets.beyond_bound() {
                self.evict(evicted, out);
            }
        }
    }

    fn lent(&mut self, slot: usize, resting: &mut Resting<D>, target: TargetId) {
        resting.at_home = self.slots.home(target) == Some(slot);
        self.targets.leased(target);
        if resting.last == Some(target) {
            self.counters.warm += 1;
        }
    }

    fn forget(&mut self, target: TargetId, out: &mut Vec<Action<D>>) {
        for slot in 0..self.slots.len() {
            match self.slots.get_mut(slot) {
                Slot::Idle(resting) => {
                    self.driver.forget(&mut resting.connection, target);
                    if resting.held_for == Some(target) {
                        let resting = self.slots.start_cleaning(slot).expect("seen idle just now");
                        out.push(Action::Clean { slot, resting });
                    }
                }
                Slot::Leased { forget, .. } | Slot::Cleaning { forget, .. } => forget.push(target),
                Slot::Vacant | Slot::Opening { .. } | Slot::Closing => {}
            }
        }
    }

    fn close(
        &mut self,
        slot: usize,
        connection: D::Connection,
        reason: CloseReason,
        out: &mut Vec<Action<D>>,
    ) {
        self.slots.set(slot, Slot::Closing);
        self.counters.closed += 1;
        out.push(Action::Close { slot, connection, reason });
    }

    /// Whether every connection has ended.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.count(|slot| !matches!(slot, Slot::Vacant)) == 0
    }

    pub(crate) fn knows(&self, target: TargetId) -> bool {
        self.targets.contains(target)
    }

    pub(crate) fn known(&self) -> Vec<TargetId> {
        self.targets.ids()
    }

    pub(crate) fn known_count(&self) -> usize {
        self.targets.len()
    }

    pub(crate) fn stats(&self) -> PoolStats {
        PoolStats {
            max_connections: self.config.max_connections,
            in_use: self.slots.count(|slot| matches!(slot, Slot::Leased { .. })),
            idle: self.slots.count(|slot| matches!(slot, Slot::Idle(_))),
            opening: self.slots.count(|slot| matches!(slot, Slot::Opening { .. })),
            cleaning: self.slots.count(|slot| matches!(slot, Slot::Cleaning { .. })),
            closing: self.slots.count(|slot| matches!(slot, Slot::Closing)),
            waiting: self.waiters.len(),
            targets: self.targets.len(),
            counters: self.counters,
        }
    }

    pub(crate) fn target_stats(&self, target: TargetId, now: Instant) -> Option<TargetStats> {
        let entry = self.targets.get(target)?;
        Some(TargetStats {
            in_use: entry.in_use,
            held: self.slots.count(
                |slot| matches!(slot, Slot::Idle(resting) if resting.held_for == Some(target)),
            ),
            waiting: entry.waiting,
            idle_for: now.duration_since(entry.last_used),
        })
    }
}
