//! The decisions of the pool, as a state machine without I/O: each method takes what happened and
//! pushes the [`Action`]s to carry out once the lock is released.
//!
//! What a method costs depends on the budget at most, never on how many targets are known or how
//! many callers wait, but for the logarithm of those.

mod asking;
mod deadlines;
mod ending;
mod floods;
mod homes;
mod maintenance;
mod opening;
mod report;
mod resting;
mod servers;
mod serving;
mod slots;
mod standing;
mod targets;
mod turns;
mod waiters;

#[cfg(test)]
mod model;

use std::sync::Arc;

use tokio::time::Instant;

use self::{
    deadlines::Deadlines,
    floods::Floods,
    servers::Servers,
    slots::{Kind, Slots, State},
    targets::Targets,
    turns::PASSES_PER_CONNECTION,
    waiters::Waiters,
};
use crate::{AcquireError, CloseReason, Counters, Driver, PoolConfig, Target, TargetId, fault};

pub(crate) use self::{
    asking::Acquired,
    waiters::{Reply, Ticket},
};

/// What the owner of the state must do after releasing the lock.
pub(crate) enum Action<D: Driver> {
    /// Lend the connection to a waiter.
    Grant { reply: Reply<D>, target: Arc<Target<D::Server>>, lent: Lent<D> },
    /// Tell a waiter that there will be no connection.
    Fail { reply: Reply<D>, error: AcquireError<D::Error> },
    /// Open a connection for `slot`.
    Open { slot: usize, server: D::Server },
    /// Clean a connection.
    Clean { slot: usize, connection: D::Connection },
    /// Close a connection and wait for its end.
    Close { slot: usize, connection: D::Connection, reason: CloseReason },
    /// A target is used for the first time.
    TargetCreated(TargetId),
    /// A target is forgotten.
    TargetEvicted(TargetId),
}

/// A connection on its way to a caller.
pub(crate) struct Lent<D: Driver> {
    pub(crate) slot: usize,
    pub(crate) connection: D::Connection,
    /// Whether it is the target's home connection.
    pub(crate) at_home: bool,
}

/// All state that the pool's mutex guards.
pub(crate) struct Core<D: Driver> {
    driver: Arc<D>,
    config: PoolConfig,
    /// One place for each connection of the budget.
    slots: Slots<D::Connection>,
    /// What ends the connection in each place from outside, while one is open there.
    handles: Vec<Option<D::Handle>>,
    /// What is connected to, and in which order its targets are served.
    servers: Servers<D>,
    /// Callers without a connection.
    waiters: Waiters<D>,
    /// When the time of callers is up.
    timeouts: Deadlines,
    /// When they take any connection.
    patience: Deadlines,
    /// When these are looked at next.
    looked_at: Option<Instant>,
    /// The targets used of late or at work.
    targets: Targets,
    /// Those whose callers queue up.
    floods: Floods,
    /// The number that the next target in the order draws.
    next_number: u64,
    /// How far out of turn a connection may go to whom it suits.
    window: u64,
    /// Connections being closed to be replaced.
    recycling: usize,
    counters: Counters,
    closed: bool,
}

impl<D: Driver> Core<D> {
    pub(crate) fn new(driver: Arc<D>, config: PoolConfig, now: Instant) -> Self {
        Self {
            slots: Slots::new(config.max_connections, now),
            handles: (0..config.max_connections).map(|_| None).collect(),
            servers: Servers::default(),
            waiters: Waiters::default(),
            timeouts: Deadlines::default(),
            patience: Deadlines::default(),
            looked_at: None,
            targets: Targets::new(config.max_targets),
            floods: Floods::default(),
            next_number: 0,
            window: PASSES_PER_CONNECTION * config.max_connections as u64,
            recycling: 0,
            counters: Counters::default(),
            closed: false,
            driver,
            config,
        }
    }

    /// Changes what a place is used for, and every count with it.
    fn put(&mut self, slot: usize, to: State<D::Connection>) -> State<D::Connection> {
        let server = self.slots.get(slot).server;
        let (from, into) = (self.slots.get(slot).kind(), to.kind());
        if from == Kind::Vacant {
            self.servers.refer_again(server);
        }
        self.servers[server].moved(from, into);
        if into == Kind::Vacant {
            self.servers.release(server);
        }
        self.slots.set(slot, to)
    }

    /// Cleans a connection before anybody gets it.
    fn clean(&mut self, slot: usize, connection: D::Connection, out: &mut Vec<Action<D>>) {
        self.put(slot, State::Cleaning);
        out.push(Action::Clean { slot, connection });
    }

    fn close(
        &mut self,
        slot: usize,
        connection: D::Connection,
        reason: CloseReason,
        out: &mut Vec<Action<D>>,
    ) {
        if matches!(reason, CloseReason::Lifetime | CloseReason::ManyTargets) {
            self.slots.get_mut(slot).recycled = true;
            self.recycling += 1;
        }
        self.put(slot, if fault::OVER_BUDGET { State::Vacant } else { State::Closing });
        self.counters.count_closed(reason);
        out.push(Action::Close { slot, connection, reason });
    }

    /// Takes an idle connection out.
    fn take_idle(&mut self, slot: usize, becomes: State<D::Connection>) -> Option<D::Connection> {
        if self.slots.get(slot).kind() != Kind::Idle {
            return None;
        }
        match self.put(slot, becomes) {
            State::Idle(connection) => Some(connection),
            _ => None,
        }
    }
}
