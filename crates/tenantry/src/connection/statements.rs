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
    bound: usize,
    share: Arc<Share>,
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
        Self { entries, texts, bound, share: Share::new(tally) }
    }

    /// Looks a statement up, and notes that it was seen if it is `worth_noting`.
    pub(super) fn look_up(&mut self, owner: Owner, query: &Query<'_>, worth_noting: bool) -> Known {
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
            Some(_) => Known::Again,
            None => {
                if worth_noting {
                    self.put(key, Entry::Seen);
                }
                Known::New
            }
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
