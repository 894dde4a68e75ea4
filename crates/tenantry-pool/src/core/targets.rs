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

/// Of how many targets the least recently used one is forgotten for a new one. They are taken in
/// the order of the entries, each time the next ones: an order of use kept up to date would cost
/// every lease two cache misses more.
const EVICTION_SEARCH: usize = 64;

/// How many entries are looked at every second for what nobody asked for lately.
const EXPIRY_SEARCH: usize = 4_096;

/// Where a target's entry is. It stays there while the target is remembered or works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TargetIx(u32);

impl TargetIx {
    /// The number a target keeps to find its entry again.
    pub(crate) fn as_u32(self) -> u32 {
        self.0
    }
}

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
    /// For one of its own connections, since more would bring it nothing.
    Narrowed,
}

/// The slot that suits a target best, as of an epoch of its server.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Home {
    pub(crate) slot: Option<u32>,
    pub(crate) epoch: u32,
}

/// What the pool knows of one target: two cache lines side by side, which are fetched together.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Entry {
    pub(crate) id: TargetId,
    pub(crate) server: ServerIx,
    /// Whether this is an entry, and not the room for one.
    is_live: bool,
    /// Whether it counts against the bound, and can be forgotten for another.
    is_counted: bool,
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
    /// When it was last used, by the count of all uses.
    used: u64,
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
            Standing::Out | Standing::Patient | Standing::Narrowed => self.in_use as usize >= share,
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
    /// How many are remembered.
    known: usize,
    /// How many of them count.
    counted: usize,
    /// Counts uses.
    uses: u64,
    /// Where the search for one to forget goes on.
    hand: usize,
    bound: usize,
}

impl Targets {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            entries: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::default(),
            known: 0,
            counted: 0,
            uses: 0,
            hand: 0,
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

    /// Finds a target by where its entry was the last time, if it still is there.
    pub(crate) fn find_at(&self, place: u32, id: TargetId) -> Option<TargetIx> {
        match self.entries.get(place as usize) {
            Some(entry) if entry.id == id && entry.is_live => Some(TargetIx(place)),
            _ => self.find(id),
        }
    }

    /// The entry of a target that is remembered.
    pub(crate) fn known(&self, id: TargetId) -> Option<TargetIx> {
        self.find(id).filter(|ix| self[*ix].known)
    }

    /// The same, where its entry was once.
    pub(crate) fn known_at(&self, at: TargetIx, id: TargetId) -> Option<TargetIx> {
        self.find_at(at.0, id).filter(|ix| self[*ix].known)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.known)
    }

    /// Those remembered, each with the count of its last use.
    pub(crate) fn uses(&self) -> Vec<(u64, TargetId)> {
        self.iter().map(|entry| (entry.used, entry.id)).collect()
    }

    /// Makes an entry, not remembered yet.
    pub(crate) fn insert(
        &mut self,
        id: TargetId,
        is_counted: bool,
        server: ServerIx,
        now: Instant,
    ) -> TargetIx {
        let entry = Entry {
            id,
            server,
            is_live: true,
            is_counted,
            known: false,
            standing: Standing::Out,
            in_use: 0,
            waiting: 0,
            listed: None,
            number: 0,
            home: Home::default(),
            last_slot: None,
            used: 0,
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
        self[ix].is_live = false;
        self.free.push(ix);
    }

    /// Notes a use. Whether the target was not remembered before.
    pub(crate) fn touch(&mut self, ix: TargetIx, now: Instant) -> bool {
        self.uses += 1;
        let uses = self.uses;
        let entry = &mut self[ix];
        entry.last_used = now;
        entry.used = uses;
        let is_new = !std::mem::replace(&mut entry.known, true);
        self.counted += usize::from(is_new && entry.is_counted);
        self.known += usize::from(is_new);
        is_new
    }

    /// Remembers a target no more; its entry stays while it works.
    pub(crate) fn forget(&mut self, ix: TargetIx) {
        self[ix].known = false;
        self.counted -= usize::from(self[ix].is_counted);
        self.known -= 1;
    }

    /// The next entries in a circle, at most once each.
    fn next_entries(&mut self, most: usize) -> impl Iterator<Item = &Entry> {
        let (start, count) = (self.hand, most.min(self.entries.len()));
        self.hand = (start + count) % self.entries.len().max(1);
        let (before, after) = self.entries.split_at(start);
        after.iter().chain(before).take(count).filter(|entry| entry.known)
    }

    /// With more targets than the bound, now that `new` has come: one that does not work and was
    /// not used for long. Where there are few, the one not used for longest.
    pub(crate) fn beyond_bound(&mut self, new: TargetIx) -> Option<TargetId> {
        if self.counted <= self.bound {
            return None;
        }
        let new = self[new].id;
        self.next_entries(EVICTION_SEARCH)
            .filter(|entry| entry.is_counted && entry.id != new)
            .filter(|entry| !entry.is_busy() || fault::EVICT_RUNNING)
            .min_by_key(|entry| entry.used)
            .map(|entry| entry.id)
    }

    /// Some of the targets unused for `ttl` or longer: all, within as many calls as it takes to
    /// look at all entries.
    pub(crate) fn expired(&mut self, ttl: Duration, now: Instant) -> Vec<TargetId> {
        self.next_entries(EXPIRY_SEARCH)
            .filter(|entry| now.duration_since(entry.last_used) >= ttl)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_nobody_uses_costs_a_few_hundred_bytes() {
        // Twice the entry and its place in the index: both grow by doubling.
        let each = 2 * (size_of::<Entry>() + size_of::<(TargetId, TargetIx)>() + 1);
        assert!(size_of::<Entry>() <= 128, "{}", size_of::<Entry>());
        assert!(each < 512, "{each}");
    }
}
