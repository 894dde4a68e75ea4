//! The targets used of late or at work.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::{Index, IndexMut},
    time::Duration,
};

use tokio::time::Instant;

use super::{servers::ServerIx, turns::Turn};
use crate::{TargetId, fault};

/// How many of the least recently used targets are looked at to find one that is not busy. Those
/// that are busy are in use, and go to the front.
const EVICTION_SEARCH: usize = 64;

/// Where a target's entry is. It stays there while the target is remembered or works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TargetIx(u32);

/// Hashes identities, which are drawn one after the other.
#[derive(Default)]
pub(crate) struct HashId(u64);

pub(crate) type HashIds = BuildHasherDefault<HashId>;

impl Hasher for HashId {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("an identity is hashed as one number");
    }
}

/// How a target waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not at all.
    Out,
    /// For any connection.
    Ready,
    /// For any connection, after the others, since it has its share.
    Sated,
    /// For its home connection, while others are idle.
    Patient,
}

/// The slot that suits a target best, as of an epoch of its server.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Home {
    pub(crate) slot: Option<u32>,
    pub(crate) epoch: u32,
}

/// What the pool knows of one target.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: TargetId,
    pub(crate) server: ServerIx,
    /// Whether it is remembered. One that is not lives on while it works.
    known: bool,
    pub(crate) standing: Standing,
    /// Connections lent to it.
    pub(crate) in_use: u32,
    /// Its callers that wait.
    pub(crate) waiting: u32,
    /// The slot it is listed under as being at home there, while it waits.
    pub(crate) listed: Option<u32>,
    /// Its number in the order of those who wait.
    pub(crate) number: u64,
    pub(crate) home: Home,
    /// The slot it gave back last.
    pub(crate) last_slot: Option<u32>,
    /// Its neighbours in the order of use.
    newer: Option<TargetIx>,
    older: Option<TargetIx>,
    pub(crate) last_used: Instant,
    pub(crate) leases: u64,
    pub(crate) waits: u64,
    pub(crate) wait_time: Duration,
}

impl Entry {
    pub(crate) fn is_busy(&self) -> bool {
        self.in_use > 0 || self.waiting > 0
    }

    pub(crate) fn is_known(&self) -> bool {
        self.known
    }

    /// Its place in the order, with `share` connections as its share.
    pub(crate) fn turn(&self, share: usize) -> Turn {
        let sated = match self.standing {
            Standing::Ready => false,
            Standing::Sated => true,
            Standing::Out | Standing::Patient => self.in_use as usize >= share,
        };
        Turn { sated, number: self.number }
    }
}

/// The targets used of late or at work.
#[derive(Debug)]
pub(crate) struct Targets {
    entries: Vec<Entry>,
    free: Vec<TargetIx>,
    /// All entries in use, remembered or not.
    by_id: HashMap<TargetId, TargetIx, HashIds>,
    /// The ends of the order of use, in which those remembered are.
    newest: Option<TargetIx>,
    oldest: Option<TargetIx>,
    known: usize,
    bound: usize,
}

impl Targets {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            entries: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::default(),
            newest: None,
            oldest: None,
            known: 0,
            bound: bound.max(1),
        }
    }

    /// How many are remembered.
    pub(crate) fn known_count(&self) -> usize {
        self.known
    }

    pub(crate) fn find(&self, id: TargetId) -> Option<TargetIx> {
        self.by_id.get(&id).copied()
    }

    /// The entry of a target that is remembered.
    pub(crate) fn known(&self, id: TargetId) -> Option<TargetIx> {
        self.find(id).filter(|ix| self[*ix].known)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.known)
    }

    /// Those remembered, the most recently used first.
    pub(crate) fn by_use(&self) -> impl Iterator<Item = &Entry> {
        std::iter::successors(self.newest, |ix| self[*ix].older).map(|ix| &self[ix])
    }

    /// Those remembered, the least recently used first.
    fn oldest_first(&self) -> impl Iterator<Item = TargetIx> {
        std::iter::successors(self.oldest, |ix| self[*ix].newer)
    }

    /// Makes an entry, not remembered yet.
    pub(crate) fn insert(&mut self, id: TargetId, server: ServerIx, now: Instant) -> TargetIx {
        let entry = Entry {
            id,
            server,
            known: false,
            standing: Standing::Out,
            in_use: 0,
            waiting: 0,
            listed: None,
            number: 0,
            home: Home::default(),
            last_slot: None,
            newer: None,
            older: None,
            last_used: now,
            leases: 0,
            waits: 0,
            wait_time: Duration::ZERO,
        };
        let ix = match self.free.pop() {
            Some(ix) => {
                self[ix] = entry;
                ix
            }
            None => {
                self.entries.push(entry);
                TargetIx(u32::try_from(self.entries.len() - 1).expect("fewer targets than 2^32"))
            }
        };
        self.by_id.insert(id, ix);
        ix
    }

    /// Ends the entry of a target that is neither remembered nor at work.
    pub(crate) fn remove(&mut self, ix: TargetIx) {
        let id = self[ix].id;
        self.by_id.remove(&id);
        self.free.push(ix);
    }

    /// Notes a use. Whether the target was not remembered before.
    pub(crate) fn touch(&mut self, ix: TargetIx, now: Instant) -> bool {
        self[ix].last_used = now;
        if self.newest == Some(ix) {
            return false;
        }
        let is_new = !self[ix].known;
        if !is_new {
            self.unlink(ix);
        }
        self.link(ix);
        is_new
    }

    /// Remembers a target no more; its entry stays while it works.
    pub(crate) fn forget(&mut self, ix: TargetIx) {
        self.unlink(ix);
    }

    fn link(&mut self, ix: TargetIx) {
        let next = self.newest.replace(ix);
        match next {
            Some(next) => self[next].newer = Some(ix),
            None => self.oldest = Some(ix),
        }
        let entry = &mut self[ix];
        entry.known = true;
        entry.newer = None;
        entry.older = next;
        self.known += 1;
    }

    fn unlink(&mut self, ix: TargetIx) {
        let entry = &mut self[ix];
        entry.known = false;
        let (newer, older) = (entry.newer.take(), entry.older.take());
        match newer {
            Some(newer) => self[newer].older = older,
            None => self.newest = older,
        }
        match older {
            Some(older) => self[older].newer = newer,
            None => self.oldest = newer,
        }
        self.known -= 1;
    }

    /// With more targets than the bound, now that `new` has come: the least recently used one that
    /// does not work.
    pub(crate) fn beyond_bound(&mut self, new: TargetIx) -> Option<TargetId> {
        if self.known <= self.bound {
            return None;
        }
        for _ in 0..EVICTION_SEARCH {
            let oldest = self.oldest.filter(|oldest| *oldest != new)?;
            if !self[oldest].is_busy() || fault::EVICT_RUNNING {
                return Some(self[oldest].id);
            }
            self.unlink(oldest);
            self.link(oldest);
        }
        None
    }

    /// The targets unused for `ttl` or longer.
    pub(crate) fn expired(&self, ttl: Duration, now: Instant) -> Vec<TargetId> {
        self.oldest_first()
            .map(|ix| &self[ix])
            .take_while(|entry| now.duration_since(entry.last_used) >= ttl)
            .filter(|entry| !entry.is_busy() || fault::EVICT_RUNNING)
            .map(|entry| entry.id)
            .collect()
    }
}

impl Index<TargetIx> for Targets {
    type Output = Entry;

    fn index(&self, ix: TargetIx) -> &Entry {
        &self.entries[ix.0 as usize]
    }
}

impl IndexMut<TargetIx> for Targets {
    fn index_mut(&mut self, ix: TargetIx) -> &mut Entry {
        &mut self.entries[ix.0 as usize]
    }
}
