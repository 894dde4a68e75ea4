//! What happens to a core, at random, and what its answers must be.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::{sync::oneshot, time::Instant};

use super::sim::{Conn, Refused, Sim};
use crate::{
    AcquireError, CloseReason, Condition, ConnectFailure, PoolConfig, Target, TargetId,
    core::{Acquired, Action, Core, Lent, Ticket},
};

pub(super) type Answer = oneshot::Receiver<Result<crate::Lease<Sim>, AcquireError<Refused>>>;

/// A caller that waits, as the model sees it.
pub(super) struct Caller {
    pub(super) ticket: Ticket,
    pub(super) answer: Answer,
    pub(super) asked: Instant,
}

/// A target's callers that wait, as the model sees them.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) callers: VecDeque<Caller>,
    /// How many grants others got since it began to wait, or was last served, though they began
    /// to wait, or were last served, later.
    pub(super) passed: u64,
    /// When, counted in such events, it began to wait or was last served.
    pub(super) since: u64,
}

/// The places of the budget, as the model sees them.
#[derive(Default)]
pub(super) struct Places {
    pub(super) opening: Vec<(usize, usize)>,
    pub(super) leased: Vec<(usize, Conn, TargetId)>,
    pub(super) cleaning: Vec<(usize, Conn)>,
    pub(super) closing: Vec<(usize, Conn, CloseReason)>,
}

pub(super) struct World {
    pub(super) core: Core<Sim>,
    pub(super) config: PoolConfig,
    pub(super) rng: SmallRng,
    pub(super) now: Instant,
    pub(super) targets: Vec<Arc<Target<usize>>>,
    pub(super) queues: BTreeMap<TargetId, Queue>,
    pub(super) places: Places,
    pub(super) closed: bool,
    /// Counts grants and beginnings of waiting.
    pub(super) order: u64,
    refusing: bool,
    /// When whoever keeps the time looks next, and whether it was asked to look before.
    next_look: Option<Instant>,
    look_again: bool,
    /// Whether a target is forgotten because somebody said so.
    evicting: bool,
}

impl World {
    pub(super) fn new(seed: u64, config: PoolConfig, servers: usize, targets: usize) -> Self {
        let now = Instant::now();
        Self {
            core: Core::new(Arc::new(Sim), config.clone(), now),
            config,
            rng: SmallRng::seed_from_u64(seed),
            now,
            targets: (0..targets).map(|number| Target::new(number % servers)).collect(),
            queues: BTreeMap::new(),
            places: Places::default(),
            closed: false,
            order: 0,
            refusing: false,
            next_look: None,
            look_again: false,
            evicting: false,
        }
    }

    /// One thing happens.
    pub(super) fn step(&mut self) {
        // Times of many callers alternate with times of few.
        let many = (self.order / 500).is_multiple_of(2);
        match self.rng.random_range(0..100) {
            0..35 => self.ask(many),
            35..60 => self.give_back(),
            60..68 => self.opened(),
            68..76 => self.cleaned(),
            76..84 => self.ended(),
            84..88 => self.leave(),
            88..90 => self.discard(),
            90..91 => self.evict(),
            91 if self.rng.random_range(0..20) == 0 => self.retire(),
            92 => self.refusing = self.rng.random_range(0..4) == 0,
            93..95 => self.maintain(),
            95 if self.rng.random_range(0..4) == 0 => self.cut_off(),
            _ => self.now += Duration::from_millis(self.rng.random_range(0..40)),
        }
        self.look();
        self.check();
    }

    fn any<T>(&mut self, all: &[T]) -> Option<usize> {
        (!all.is_empty()).then(|| self.rng.random_range(0..all.len()))
    }

    fn ask(&mut self, many: bool) {
        // Some targets ask far more often than others.
        let most = self.targets.len();
        let upper = self.rng.random_range(1..=most);
        let which =
            if many { self.rng.random_range(0..upper) } else { self.rng.random_range(0..most) };
        if !many && self.waiting() > 3 {
            return;
        }
        let target = Arc::clone(&self.targets[which]);
        let (mut out, mut receiver) = (Vec::new(), None);
        let reply = || {
            let (sender, waiting) = oneshot::channel();
            receiver = Some(waiting);
            sender
        };
        let acquired = self.core.acquire(&target, reply, self.now, &mut out);
        match acquired {
            Ok(Acquired::Now(lent)) => {
                assert!(!self.closed && !target.is_retired());
                assert!(
                    !self.queues.contains_key(&target.id()),
                    "nobody passes those of its own target who wait"
                );
                self.lend(lent, &target);
            }
            Ok(Acquired::Wait { ticket, rouse }) => {
                assert!(!self.closed && !target.is_retired());
                self.look_again |= rouse;
                self.order += 1;
                let since = self.order;
                let queue = self
                    .queues
                    .entry(target.id())
                    .or_insert_with(|| Queue { since, ..Queue::default() });
                let answer = receiver.expect("a waiter has a receiver");
                queue.callers.push_back(Caller { ticket, answer, asked: self.now });
            }
            Err(AcquireError::Closed) => assert!(self.closed),
            Err(AcquireError::Retired) => assert!(target.is_retired()),
            Err(AcquireError::Saturated { of_target, waiting, limit, .. }) => {
                let mine = self.queues.get(&target.id()).map_or(0, |queue| queue.callers.len());
                let expected = if of_target {
                    (mine, self.config.max_waiters_per_target)
                } else {
                    (self.waiting(), self.config.max_waiters)
                };
                assert_eq!((waiting, limit), expected);
                assert!(waiting >= limit);
            }
            Err(error) => panic!("{error}"),
        }
        self.carry_out(out);
    }

    fn lend(&mut self, lent: Lent<Sim>, target: &Target<usize>) {
        let Lent { slot, connection, .. } = lent;
        assert_eq!(connection.server, *target.server(), "the right server");
        assert_ne!(connection.condition, Condition::Broken);
        assert_ne!(connection.condition, Condition::Unclean);
        assert!(!connection.doomed, "one that was cut off is not lent again");
        self.places.leased.push((slot, connection, target.id()));
    }

    fn give_back(&mut self) {
        let leased = std::mem::take(&mut self.places.leased);
        let which = self.any(&leased);
        self.places.leased = leased;
        let Some(which) = which else { return };
        let (slot, mut connection, target) = self.places.leased.swap_remove(which);
        connection.condition = match self.rng.random_range(0..20) {
            0 => Condition::Broken,
            1..4 => Condition::Unclean,
            4..8 => Condition::Rest { held_for: Some(target) },
            _ => Condition::NEUTRAL,
        };
        connection.residue = self.rng.random_range(0..2) == 0;
        let mut out = Vec::new();
        self.core.give_back(slot, connection, self.now, &mut out);
        self.carry_out(out);
    }

    /// What is lent to a target is cut off.
    fn cut_off(&mut self) {
        let Some((.., target)) = self.places.leased.last() else { return };
        let target = *target;
        let doomed = self.core.doom(|whose, _| whose == target);
        let theirs = self.places.leased.iter_mut().filter(|(.., whose)| *whose == target);
        let theirs: Vec<_> = theirs.collect();
        assert_eq!(doomed.len(), theirs.len());
        for (slot, connection, _) in theirs {
            assert!(doomed.iter().any(|(place, ..)| place == slot));
            connection.doomed = true;
        }
    }

    fn discard(&mut self) {
        let Some((slot, connection, _)) = self.places.leased.pop() else { return };
        let mut out = Vec::new();
        self.core.close_leased(slot, connection, CloseReason::Discarded, self.now, &mut out);
        self.carry_out(out);
    }

    fn opened(&mut self) {
        let Some((slot, server)) = self.places.opening.pop() else { return };
        let mut out = Vec::new();
        if self.refusing {
            let failure = ConnectFailure::Driver(Arc::new(Refused));
            self.core.open_failed(slot, failure, self.now, &mut out);
        } else {
            let connection =
                Conn { server, condition: Condition::NEUTRAL, residue: false, doomed: false };
            self.core.opened(slot, connection, self.now, &mut out);
        }
        self.carry_out(out);
    }

    fn cleaned(&mut self) {
        let Some((slot, mut connection)) = self.places.cleaning.pop() else { return };
        let mut out = Vec::new();
        if self.rng.random_range(0..10) == 0 {
            self.core.clean_failed(slot, connection, &mut out);
        } else {
            connection.condition = Condition::NEUTRAL;
            connection.residue = false;
            self.core.cleaned(slot, connection, self.now, &mut out);
        }
        self.carry_out(out);
    }

    fn ended(&mut self) {
        let Some((slot, ..)) = self.places.closing.pop() else { return };
        let mut out = Vec::new();
        self.core.ended(slot, self.now, &mut out);
        self.carry_out(out);
    }

    /// A caller that waits goes.
    fn leave(&mut self) {
        if let Some(caller) = self.take_a_caller() {
            assert!(self.core.leave(caller.ticket), "it waited");
            assert!(!self.core.leave(caller.ticket), "and does no more");
        }
    }

    fn take_a_caller(&mut self) -> Option<Caller> {
        let ids: Vec<_> = self.queues.keys().copied().collect();
        let id = ids[self.any(&ids)?];
        let queue = self.queues.get_mut(&id)?;
        let which = self.rng.random_range(0..queue.callers.len());
        let caller = queue.callers.remove(which);
        if queue.callers.is_empty() {
            self.queues.remove(&id);
        }
        caller
    }

    /// Whoever keeps the time looks when it is asked to, or when it was told to.
    fn look(&mut self) {
        if !self.look_again && self.next_look.is_none_or(|at| at > self.now) {
            return;
        }
        self.look_again = false;
        let mut out = Vec::new();
        self.next_look = self.core.due(self.now, &mut out);
        self.carry_out(out);
    }

    fn evict(&mut self) {
        let which = self.rng.random_range(0..self.targets.len());
        let mut out = Vec::new();
        self.core.evict(self.targets[which].id(), &mut out);
        self.evicting = true;
        self.carry_out(out);
        self.evicting = false;
    }

    fn retire(&mut self) {
        let which = self.rng.random_range(0..self.targets.len());
        let target = Target::new(*self.targets[which].server());
        let retired = std::mem::replace(&mut self.targets[which], target);
        let mut out = Vec::new();
        self.core.retire(&retired, &mut out);
        self.evicting = true;
        self.carry_out(out);
        self.evicting = false;
        assert!(!self.queues.contains_key(&retired.id()), "its callers hear of it");
    }

    fn maintain(&mut self) {
        let mut out = Vec::new();
        let idle = self.core.stats().idle;
        self.core.reset_rested(self.now, &mut out);
        let cleaning = out.iter().filter(|action| matches!(action, Action::Clean { .. })).count();
        assert!(cleaning < idle.max(2), "one stays for whoever comes");
        self.core.maintain(self.now, &mut out);
        self.carry_out(out);
    }

    pub(super) fn is_busy(&self, id: TargetId) -> bool {
        self.queues.contains_key(&id) || self.places.leased.iter().any(|(.., user)| *user == id)
    }

    pub(super) fn waiting(&self) -> usize {
        self.queues.values().map(|queue| queue.callers.len()).sum()
    }

    /// Does what the core says, as the pool does.
    pub(super) fn carry_out(&mut self, actions: Vec<Action<Sim>>) {
        for action in actions {
            match action {
                Action::Grant { reply, target, lent } => {
                    self.granted(reply, &target);
                    self.lend(lent, &target);
                }
                Action::Fail { reply, error } => self.failed(reply, &error),
                Action::Open { slot, server } => self.places.opening.push((slot, server)),
                Action::Clean { slot, connection } => {
                    self.places.cleaning.push((slot, connection));
                }
                Action::Close { slot, connection, reason } => {
                    self.places.closing.push((slot, connection, reason));
                }
                Action::TargetCreated(_) => self.created(),
                Action::TargetEvicted(id) => {
                    assert!(
                        self.evicting || !self.is_busy(id),
                        "a target at work is not forgotten"
                    );
                }
            }
        }
    }

    /// Closes the pool and lets everything end.
    pub(super) fn end(mut self) {
        let mut out = Vec::new();
        self.core.shut(&mut out);
        self.closed = true;
        self.carry_out(out);
        assert!(self.queues.is_empty(), "all who waited have heard of it");
        self.refusing = false;
        for _ in 0..200 {
            self.give_back();
            self.opened();
            self.cleaned();
            self.ended();
            self.check();
        }
        assert!(self.core.is_empty(), "everything has ended");
        self.ask(true);
    }
}
