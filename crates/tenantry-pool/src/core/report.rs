//! What the pool tells of itself.

use std::{cmp::Reverse, collections::HashMap};

use tokio::time::Instant;

use super::{
    Core,
    slots::{Kind, State},
    targets::Entry,
};
use crate::{Driver, Holder, PoolStats, TargetId, TargetStats};

/// How many targets a time-out names.
const MAX_HOLDERS: usize = 3;

impl<D: Driver> Core<D> {
    pub(crate) fn knows(&self, target: TargetId) -> bool {
        self.targets.known(target).is_some()
    }

    /// The targets remembered, each with a number that is higher the later it was used.
    pub(crate) fn known(&self) -> Vec<(u64, TargetId)> {
        self.targets.uses()
    }

    pub(crate) fn known_count(&self) -> usize {
        self.targets.known_count()
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let held = self.slots.iter().filter(|(_, slot)| slot.held_for.is_some());
        PoolStats {
            max_connections: self.config.max_connections,
            in_use: self.slots.count(Kind::Leased),
            idle: self.slots.count(Kind::Idle),
            held: held.filter(|(_, slot)| slot.kind() == Kind::Idle).count(),
            opening: self.slots.count(Kind::Opening),
            cleaning: self.slots.count(Kind::Cleaning),
            closing: self.slots.count(Kind::Closing),
            waiting: self.waiters.len(),
            targets: self.targets.known_count(),
            counters: self.counters,
        }
    }

    pub(crate) fn target_stats(&self, target: TargetId, now: Instant) -> Option<TargetStats> {
        let entry = &self.targets[self.targets.known(target)?];
        let held = self.held().filter(|held| *held == target).count();
        Some(Self::stats_of(entry, held, now))
    }

    /// What is known of each target, in no order: one pass over the targets, and one over the
    /// connections.
    pub(crate) fn all_target_stats(&self, now: Instant) -> Vec<TargetStats> {
        let mut held: HashMap<TargetId, usize> = HashMap::new();
        for target in self.held() {
            *held.entry(target).or_default() += 1;
        }
        let mut all = Vec::with_capacity(self.targets.known_count());
        all.extend(self.targets.iter().map(|entry| {
            let held = if held.is_empty() { None } else { held.get(&entry.id) };
            Self::stats_of(entry, held.copied().unwrap_or(0), now)
        }));
        all
    }

    /// Whom the idle connections are held for.
    fn held(&self) -> impl Iterator<Item = TargetId> {
        let idle = self.slots.iter().filter(|(_, slot)| slot.kind() == Kind::Idle);
        idle.filter_map(|(_, slot)| slot.held_for)
    }

    fn stats_of(entry: &Entry, held: usize, now: Instant) -> TargetStats {
        TargetStats {
            target: entry.id,
            in_use: entry.in_use as usize,
            held,
            waiting: entry.waiting as usize,
            idle_for: now.duration_since(entry.last_used),
            leases: entry.leases,
            waits: entry.waits,
            wait_time: entry.wait_time,
        }
    }

    /// The targets with the most connections lent.
    pub(super) fn holders(&self, now: Instant) -> Vec<Holder> {
        let mut top: Vec<Holder> = Vec::with_capacity(MAX_HOLDERS + 1);
        for (_, slot) in self.slots.iter() {
            let State::Leased(ix) = slot.state() else { continue };
            let entry = &self.targets[*ix];
            let longest = now.duration_since(slot.since);
            match top.iter_mut().find(|holder| holder.target == entry.id) {
                Some(holder) => holder.longest = holder.longest.max(longest),
                None => {
                    top.push(Holder { target: entry.id, in_use: entry.in_use as usize, longest });
                }
            }
            top.sort_by_key(|holder| Reverse((holder.in_use, holder.longest)));
            top.truncate(MAX_HOLDERS);
        }
        top
    }
}
