use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use lru::LruCache;
use tenantry_pool::TargetId;
use tokio_postgres::Statement;

use super::{
    binding::Owner,
    query::Query,
    tally::{Permit, Share, Tally},
};

/// The prepared statements of one connection, each for one target: under another search_path
/// PostgreSQL would have to analyse it anew. Bounded, by connection and by what all keep together; the least
/// recently used go first.
pub(super) struct Statements {
    entries: LruCache<(TargetId, u64), Entry>,
    /// By hash: what is prepared for many targets is written down once.
    texts: HashMap<u64, Arc<Text>>,
    /// What ran here last for targets that are not expected again.
    strangers: Strangers,
    bound: usize,
    share: Arc<Share>,
}

/// How many statements of strangers are remembered.
const STRANGERS: usize = 64;

/// The last statements that were run for targets not expected to come again. One that is found here has come
/// again soon: its target has more work than its home connection does, and is at home here, too. A doorkeeper
/// as in TinyLFU (Einziger, Friedman, Manes: *TinyLFU*, ACM Transactions on Storage 13, 2017), so that those who
/// come once push nobody's prepared statement out.
struct Strangers {
    keys: [Option<(TargetId, u64)>; STRANGERS],
    next: usize,
}

impl Strangers {
    const NONE: Self = Self { keys: [None; STRANGERS], next: 0 };

    /// Notes that a statement is run. Whether it was one of the last.
    fn note(&mut self, key: (TargetId, u64)) -> bool {
        let is_known = self.keys.contains(&Some(key));
        if !is_known {
            self.keys[self.next] = Some(key);
            self.next = (self.next + 1) % STRANGERS;
        }
        is_known
    }
}

/// What a statement is known by.
struct Text {
    sql: Box<str>,
    types: Box<[u32]>,
}

impl Text {
    fn of(query: &Query<'_>) -> Self {
        Self { sql: query.sql.into(), types: query.params.oids().collect() }
    }

    fn is_of(&self, query: &Query<'_>) -> bool {
        *self.sql == *query.sql && self.types.iter().copied().eq(query.params.oids())
    }
}

enum Entry {
    /// Seen once: preparing it would not have paid yet.
    Seen,
    /// Prepared.
    Prepared { generation: u64, text: Arc<Text>, prepared: Prepared, _permit: Permit },
}

/// A prepared statement.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) statement: Statement,
    /// Whether it is a plain query.
    pub(super) is_plain: bool,
}

/// What the cache says of a statement.
pub(super) enum Known {
    /// It is prepared.
    Prepared(Prepared),
    /// It was prepared before its target's tables changed, and is dropped.
    Outdated,
    /// It was seen before.
    Again,
    /// It is new here.
    New,
}

impl Statements {
    pub(super) fn new(bound: usize, tally: Arc<Tally>) -> Self {
        let (entries, texts) = (LruCache::unbounded(), HashMap::new());
        Self { entries, texts, strangers: Strangers::NONE, bound, share: Share::new(tally) }
    }

    /// Looks a statement up, and notes that it was seen; `comes_again` says whether its target is expected again.
    pub(super) fn look_up(&mut self, owner: Owner, query: &Query<'_>, comes_again: bool) -> Known {
        if self.bound == 0 {
            return Known::New;
        }
        let key = (owner.target, hash(query));
        match self.entries.get(&key) {
            Some(Entry::Prepared { generation, .. }) if *generation != owner.generation => {
                self.entries.put(key, Entry::Seen);
                Known::Outdated
            }
            Some(Entry::Prepared { text, prepared, .. }) if text.is_of(query) => {
                Known::Prepared(prepared.clone())
            }
            // Seen, or another statement with the same hash, which gives way.
            Some(_) if comes_again => Known::Again,
            None if comes_again => {
                self.put(key, Entry::Seen);
                Known::New
            }
            _ if self.strangers.note(key) => Known::Again,
            _ => Known::New,
        }
    }

    pub(super) fn insert(
        &mut self,
        owner: Owner,
        query: &Query<'_>,
        statement: &Statement,
    ) -> Prepared {
        let prepared = Prepared { statement: statement.clone(), is_plain: query.is_plain() };
        let key = (owner.target, hash(query));
        if self.bound > 0
            && let Some(permit) = self.permit()
        {
            let entry = Entry::Prepared {
                generation: owner.generation,
                text: self.text(key.1, query),
                prepared: prepared.clone(),
                _permit: permit,
            };
            self.put(key, entry);
        }
        prepared
    }

    /// The text of a statement, the same for all targets.
    fn text(&mut self, hash: u64, query: &Query<'_>) -> Arc<Text> {
        match self.texts.get(&hash) {
            Some(text) if text.is_of(query) => return Arc::clone(text),
            // Those that no statement has any more, from time to time.
            None if self.texts.len() > self.entries.len() => {
                self.texts.retain(|_, text| Arc::strong_count(text) > 1);
            }
            _ => {}
        }
        let text = Arc::new(Text::of(query));
        self.texts.insert(hash, Arc::clone(&text));
        text
    }

    /// Leave to keep one more; the least recently used are dropped for it.
    fn permit(&mut self) -> Option<Permit> {
        loop {
            if let Some(permit) = self.share.take() {
                return Some(permit);
            }
            while let Entry::Seen = self.entries.pop_lru()?.1 {}
        }
    }

    /// Drops a target's statements: PostgreSQL is told to close them.
    pub(super) fn forget(&mut self, target: TargetId) {
        let theirs: Vec<_> = self
            .entries
            .iter()
            .map(|(key, _)| *key)
            .filter(|(owner, _)| *owner == target)
            .collect();
        for key in theirs {
            self.entries.pop(&key);
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.texts.clear();
    }

    fn put(&mut self, key: (TargetId, u64), entry: Entry) {
        self.entries.put(key, entry);
        while self.entries.len() > self.bound {
            self.entries.pop_lru();
        }
    }
}

fn hash(query: &Query<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    query.sql.hash(&mut hasher);
    for oid in query.params.oids() {
        oid.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use tenantry_pool::Target;

    use super::*;

    #[test]
    fn a_stranger_is_known_again_among_the_last_ones_and_no_later() {
        let target = Target::new(()).id();
        let mut strangers = Strangers::NONE;
        assert!(!strangers.note((target, 0)));
        for other in 1..STRANGERS as u64 {
            assert!(!strangers.note((target, other)));
        }
        assert!(strangers.note((target, 0)), "the last of so many");
        assert!(
            !strangers.note((Target::new(()).id(), 1)),
            "another target's statement is another"
        );
        assert!(!strangers.note((target, 0)), "pushed out");
    }
}
