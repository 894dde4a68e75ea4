use std::hash::{DefaultHasher, Hash, Hasher};

use lru::LruCache;
use tenantry_pool::TargetId;
use tokio_postgres::{Statement, types::Type};

/// The prepared statements of one connection, each for one target: under another search_path
/// PostgreSQL would have to analyse it anew. Bounded; the least recently used go first.
pub(super) struct Statements {
    entries: LruCache<(TargetId, u64), Entry>,
    bound: usize,
}

enum Entry {
    /// Seen once: preparing it would not have paid yet.
    Seen,
    /// Prepared.
    Prepared {
        sql: Box<str>,
        types: Box<[u32]>,
        statement: Statement,
    },
}

/// What the cache says of a statement.
pub(super) enum Known {
    /// It is prepared.
    Prepared(Statement),
    /// It was seen before.
    Again,
    /// It is new here.
    New,
}

impl Statements {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            entries: LruCache::unbounded(),
            bound,
        }
    }

    /// Looks a statement up, and notes that it was seen.
    pub(super) fn look_up(&mut self, target: TargetId, sql: &str, types: &[Type]) -> Known {
        if self.bound == 0 {
            return Known::New;
        }
        match self.entries.get(&(target, hash(sql, types))) {
            Some(Entry::Prepared {
                sql: known,
                types: oids,
                statement,
            }) if **known == *sql && same(oids, types) => Known::Prepared(statement.clone()),
            Some(Entry::Seen) => Known::Again,
            // Another statement with the same hash gives way.
            Some(Entry::Prepared { .. }) => Known::Again,
            None => {
                self.put((target, hash(sql, types)), Entry::Seen);
                Known::New
            }
        }
    }

    pub(super) fn insert(
        &mut self,
        target: TargetId,
        sql: &str,
        types: &[Type],
        statement: &Statement,
    ) {
        if self.bound > 0 {
            let entry = Entry::Prepared {
                sql: sql.into(),
                types: types.iter().map(Type::oid).collect(),
                statement: statement.clone(),
            };
            self.put((target, hash(sql, types)), entry);
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
    }

    fn put(&mut self, key: (TargetId, u64), entry: Entry) {
        self.entries.put(key, entry);
        while self.entries.len() > self.bound {
            self.entries.pop_lru();
        }
    }
}

fn hash(sql: &str, types: &[Type]) -> u64 {
    let mut hasher = DefaultHasher::new();
    sql.hash(&mut hasher);
    for ty in types {
        ty.oid().hash(&mut hasher);
    }
    hasher.finish()
}

fn same(oids: &[u32], types: &[Type]) -> bool {
    oids.len() == types.len() && oids.iter().zip(types).all(|(oid, ty)| *oid == ty.oid())
}
