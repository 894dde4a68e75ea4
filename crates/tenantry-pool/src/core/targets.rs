use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::TargetId;

/// How many of the least recently used targets are looked at to find one that is not busy.
const EVICTION_SEARCH: usize = 64;

/// What the pool knows of one target.
pub(crate) struct Entry {
    pub(crate) in_use: usize,
    pub(crate) waiting: usize,
    pub(crate) last_used: Instant,
}

/// The targets used of late, the least recently used last.
pub(crate) struct Targets {
    entries: LruCache<TargetId, Entry>,
    bound: usize,
}

impl Targets {
    pub(crate) fn new(bound: usize) -> Self {
        Self { entries: LruCache::unbounded(), bound: bound.max(1) }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn contains(&self, target: TargetId) -> bool {
        self.entries.contains(&target)
    }

    pub(crate) fn get(&self, target: TargetId) -> Option<&Entry> {
        self.entries.peek(&target)
    }

    pub(crate) fn ids(&self) -> Vec<TargetId> {
        self.entries.iter().map(|(id, _)| *id).collect()
    }

    /// Notes a use. Whether the target is new.
    pub(crate) fn touch(&mut self, target: TargetId, now: Instant) -> bool {
        if let Some(entry) = self.entries.get_mut(&target) {
            entry.last_used = now;
            return false;
        }
        self.entries.put(target, Entry { in_use: 0, waiting: 0, last_used: now });
        true
    }

    pub(crate) fn entry(&mut self, target: TargetId, now: Instant) -> &mut Entry {
        self.entries.get_or_insert_mut(target, || Entry { in_use: 0, waiting: 0, last_used: now })
    }

    pub(crate) fn leased(&mut self, target: TargetId) {
        if let Some(entry) = self.entries.peek_mut(&target) {
            entry.in_use += 1;
        }
    }

    /// A connection has come back. A target forgotten meanwhile may have been made again, so the
    /// count can be behind.
    pub(crate) fn returned(&mut self, target: TargetId) {
        if let Some(entry) = self.entries.peek_mut(&target) {
            entry.in_use = entry.in_use.saturating_sub(1);
        }
    }

    /// A waiter of the target has gone, with a connection or without.
    pub(crate) fn waited(&mut self, target: TargetId) {
        if let Some(entry) = self.entries.peek_mut(&target) {
            entry.waiting = entry.waiting.saturating_sub(1);
        }
    }

    pub(crate) fn remove(&mut self, target: TargetId) -> bool {
        self.entries.pop(&target).is_some()
    }

    /// With more targets than the bound: the least recently used one that does not work.
    pub(crate) fn beyond_bound(&self) -> Option<TargetId> {
        if self.entries.len() <= self.bound {
            return None;
        }
        self.entries
            .iter()
            .rev()
            .take(EVICTION_SEARCH)
            .find(|(_, entry)| entry.in_use == 0 && entry.waiting == 0)
            .map(|(id, _)| *id)
    }

    /// The targets unused for `ttl` or longer.
    pub(crate) fn expired(&self, ttl: Duration, now: Instant) -> Vec<TargetId> {
        self.entries
            .iter()
            .rev()
            .take_while(|(_, entry)| now.duration_since(entry.last_used) >= ttl)
            .filter(|(_, entry)| entry.in_use == 0 && entry.waiting == 0)
            .map(|(id, _)| *id)
            .collect()
    }
}
