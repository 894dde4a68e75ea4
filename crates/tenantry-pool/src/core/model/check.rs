//! What holds after every step, and with every grant.

use std::collections::BTreeMap;

use super::{
    sim::{Refused, Sim},
    world::World,
};
use crate::{
    AcquireError, CloseReason, Target, TargetId,
    core::{
        Reply,
        slots::Kind,
        targets::{Entry, Standing},
        turns::PASSES_PER_CONNECTION,
    },
};

impl World {
    fn entry(&self, id: TargetId) -> &Entry {
        let ix = self.core.targets.find(id).expect("a target at work has an entry");
        &self.core.targets[ix]
    }

    fn in_use(&self, id: TargetId) -> usize {
        self.places.leased.iter().filter(|(.., user)| *user == id).count()
    }

    /// Whether a target that waits would take any connection, and has its share.
    fn is_in_turn(&self, id: TargetId) -> bool {
        self.entry(id).standing == Standing::Ready
    }

    /// A caller of the target is served.
    pub(super) fn granted(&mut self, reply: Reply<Sim>, target: &Target<usize>) {
        assert!(!self.closed && !target.is_retired(), "no grant for a target that is retired");
        let id = target.id();
        let queue = self.queues.get_mut(&id).expect("somebody of the target waits");
        let mut caller = queue.callers.pop_front().expect("a queue is not empty");
        let _ = reply.send(Err(AcquireError::Closed));
        assert!(caller.answer.try_recv().is_ok(), "a target's callers are served in order");

        let began = queue.since;
        self.order += 1;
        queue.since = self.order;
        queue.passed = 0;
        if queue.callers.is_empty() {
            self.queues.remove(&id);
        }
        self.passed_others(id, *target.server(), began);
    }

    /// Those in turn who began to wait before this one did have been passed.
    fn passed_others(&mut self, id: TargetId, server: usize, began: u64) {
        let bound = PASSES_PER_CONNECTION * self.config.max_connections as u64;
        let had_share = self.in_use(id) >= self.config.max_per_target;
        let others: Vec<_> = self.queues.keys().copied().filter(|other| *other != id).collect();
        for other in others {
            if !self.is_in_turn(other) || self.server_of(other) != server {
                continue;
            }
            assert!(!had_share, "a target with its share comes after those without");
            let queue = self.queues.get_mut(&other).expect("it waits");
            if queue.since < began {
                queue.passed += 1;
                assert!(queue.passed <= bound, "passed by {} others", queue.passed);
            }
        }
    }

    fn server_of(&self, id: TargetId) -> usize {
        self.core.servers[self.entry(id).server].server
    }

    /// A caller hears that it gets no connection.
    pub(super) fn failed(&mut self, reply: Reply<Sim>, error: &AcquireError<Refused>) {
        let _ = reply.send(Err(AcquireError::Closed));
        let (id, queue) = self
            .queues
            .iter_mut()
            .find_map(|(id, queue)| {
                let answered = queue.callers.front_mut()?.answer.try_recv().is_ok();
                answered.then_some((id, queue))
            })
            .expect("somebody's answer, the first of a target's");
        let id = *id;
        let caller = queue.callers.pop_front().expect("the one that was answered");
        if queue.callers.is_empty() {
            self.queues.remove(&id);
        }
        match error {
            AcquireError::Closed => {}
            AcquireError::Retired => {
                assert!(self.targets.iter().all(|target| target.id() != id));
            }
            AcquireError::Unavailable(_) => {}
            AcquireError::Timeout { waited, in_use, holders, .. } => {
                assert_eq!(*waited, self.now - caller.asked);
                assert!(*waited >= self.config.acquire_timeout, "not before its time is up");
                assert_eq!(*in_use, self.places.leased.len());
                assert!(holders.len() <= 3 && holders.is_empty() == (*in_use == 0));
            }
            error => panic!("{error}"),
        }
    }

    pub(super) fn check(&self) {
        self.check_places();
        self.check_targets();
        self.check_servers();
    }

    /// Every place of the budget is in one state, and in the one the model has it in.
    fn check_places(&self) {
        let mut expected = BTreeMap::new();
        let places = &self.places;
        let all = places
            .opening
            .iter()
            .map(|(slot, _)| (*slot, Kind::Opening))
            .chain(places.leased.iter().map(|(slot, ..)| (*slot, Kind::Leased)))
            .chain(places.cleaning.iter().map(|(slot, _)| (*slot, Kind::Cleaning)))
            .chain(places.closing.iter().map(|(slot, ..)| (*slot, Kind::Closing)));
        for (slot, kind) in all {
            assert_eq!(expected.insert(slot, kind), None, "a connection is in one place");
        }
        let mut tally = BTreeMap::new();
        for (place, slot) in self.core.slots.iter() {
            let kind = slot.kind();
            *tally.entry(kind as usize).or_insert(0) += 1;
            match expected.get(&place) {
                Some(expected) => assert_eq!(kind, *expected),
                None => assert!(matches!(kind, Kind::Vacant | Kind::Idle), "{kind:?} in {place}"),
            }
        }
        let stats = self.core.stats();
        let count = |kind| tally.get(&(kind as usize)).copied().unwrap_or(0);
        assert_eq!(
            [stats.opening, stats.idle, stats.in_use, stats.cleaning, stats.closing],
            [Kind::Opening, Kind::Idle, Kind::Leased, Kind::Cleaning, Kind::Closing].map(count),
        );
        assert!(stats.total() <= self.config.max_connections, "the budget");
        assert_eq!(stats.waiting, self.waiting());
        let closing = |reason| places.closing.iter().filter(move |(.., why)| *why == reason);
        let replaced = closing(CloseReason::ManyTargets).count();
        assert!(replaced <= 1, "connections are replaced one at a time");
        assert_eq!(self.core.recycling, replaced + closing(CloseReason::Lifetime).count());
    }

    /// What is known of a target is what happens to it.
    fn check_targets(&self) {
        for (id, queue) in &self.queues {
            let entry = self.entry(*id);
            assert_eq!(entry.waiting as usize, queue.callers.len());
            for caller in &queue.callers {
                assert!(self.now - caller.asked < self.config.acquire_timeout, "its time is up");
            }
            match entry.standing {
                Standing::Out => panic!("a target whose callers wait is in the order"),
                Standing::Ready => assert!((entry.in_use as usize) < self.config.max_per_target),
                Standing::Sated => assert!(entry.in_use as usize >= self.config.max_per_target),
                Standing::Narrowed => {
                    let ix = self.core.targets.find(*id).expect("it has an entry");
                    let width = self.core.floods.width(ix);
                    assert!(width >= 1 && entry.in_use as usize >= width, "it could have one more");
                }
                Standing::Patient => {
                    let first = queue.callers.front().expect("a queue is not empty");
                    assert!(self.now - first.asked < self.config.home_patience, "it takes any now");
                    let home = entry.listed.expect("it waits for its home") as usize;
                    assert_eq!(self.core.slots.get(home).kind(), Kind::Leased);
                }
            }
        }
        for target in &self.targets {
            let id = target.id();
            let in_use = self.in_use(id);
            match self.core.targets.find(id) {
                Some(ix) => assert_eq!(self.core.targets[ix].in_use as usize, in_use),
                None => assert!(!self.is_busy(id), "a target at work has an entry"),
            }
        }
        assert_eq!(self.core.known().len(), self.core.known_count());
    }

    /// A target has come to be known: others were forgotten for it, but for those at work.
    pub(super) fn created(&self) {
        let busy = self.targets.iter().filter(|target| self.is_busy(target.id())).count();
        assert!(self.core.known_count() <= self.config.max_targets + busy);
    }

    /// Counts by server are right, and nobody waits who could be served.
    fn check_servers(&self) {
        let core = &self.core;
        for (turn, ix) in core.servers.heads() {
            assert_eq!(core.servers[*ix].turns.head().map(|(turn, _)| turn), Some(*turn));
        }
        for target in &self.targets {
            let Some(ix) = core.targets.find(target.id()) else { continue };
            let ix = core.targets[ix].server;
            let server = &core.servers[ix];
            let of = |kind: Kind| {
                let slots = core.slots.iter().filter(move |(_, slot)| slot.server == ix);
                slots.filter(move |(_, slot)| slot.kind() == kind).count()
            };
            assert_eq!((server.idle, server.opening), (of(Kind::Idle), of(Kind::Opening)));
            assert_eq!(server.open, of(Kind::Idle) + of(Kind::Leased) + of(Kind::Cleaning));
            let head = server.turns.head();
            assert_eq!(head.is_some(), server.waiting > 0);
            assert_eq!(head.is_some(), core.servers.heads().values().any(|other| *other == ix));
            assert!(head.is_none() || server.idle == 0, "nobody waits while something is idle");
            let could_open = server.unmet() > 0 && server.open_after.is_none();
            assert!(
                !could_open || core.slots.count(Kind::Vacant) == 0,
                "nobody waits while something could be opened"
            );
        }
    }
}
