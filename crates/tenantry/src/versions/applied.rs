use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::requirement::{Name, Version, stem};

/// The migrations that a schema has. Cheap to clone: equal ones are kept once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantVersion(Arc<Applied>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Applied {
    numbers: BTreeMap<i64, Box<str>>,
    stems: HashSet<Box<str>>,
}

impl TenantVersion {
    /// Of the rows of a ledger: numbers and names.
    pub(super) fn new(rows: impl IntoIterator<Item = (i64, String)>) -> Self {
        let numbers: BTreeMap<i64, Box<str>> =
            rows.into_iter().map(|(number, name)| (number, name.into_boxed_str())).collect();
        let stems = numbers.values().map(|name| stem(name).into()).collect();
        Self(Arc::new(Applied { numbers, stems }))
    }

    /// Whether it has what is needed, and nothing that takes that away.
    #[must_use]
    pub fn meets(&self, needed: &Version) -> bool {
        needed.needed.iter().all(|name| self.is_there(name))
            && !needed.refused.iter().any(|name| self.is_there(name))
    }

    /// Whether it has this migration: its name, with or without its ending, or its number.
    ///
    /// ```
    /// # fn example(version: tenantry::TenantVersion) {
    /// let total = if version.has("0012_orders") { "sum(amount)" } else { "sum(price)" };
    /// # }
    /// ```
    #[must_use]
    pub fn has(&self, migration: &str) -> bool {
        match migration.parse() {
            Ok(number) => self.0.numbers.contains_key(&number),
            Err(_) => self.0.stems.contains(stem(migration)),
        }
    }

    /// The newest migration it has; none when it has none.
    #[must_use]
    pub fn newest(&self) -> Option<&str> {
        self.0.numbers.last_key_value().map(|(_, name)| &**name)
    }

    /// How many migrations it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.numbers.len()
    }

    fn is_there(&self, name: &Name) -> bool {
        match name {
            Name::Number(number) => self.0.numbers.contains_key(number),
            Name::Stem(stem) => self.0.stems.contains(stem),
        }
    }
}

/// The newest migration's name, or `none`.
impl fmt::Display for TenantVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.newest().unwrap_or("none"))
    }
}

/// What a ledger comes to: how many rows, the last number, and a hash of all numbers and names.
pub(super) type Digest = (i64, Option<i64>, Option<String>);

/// The versions that some schema has, so that tenants that have the same share it, and a ledger
/// that says the same as another is not read whole.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Digest, Weak<Applied>>>);

impl Known {
    pub(super) fn get(&self, digest: &Digest) -> Option<TenantVersion> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest)?.upgrade().map(TenantVersion)
    }

    /// Keeps a version for as long as some schema has it.
    pub(super) fn put(&self, digest: Digest, version: TenantVersion) -> TenantVersion {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = known.get(&digest).and_then(Weak::upgrade) {
            return TenantVersion(other);
        }
        known.retain(|_, version| version.strong_count() > 0);
        known.insert(digest, Arc::downgrade(&version.0));
        version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> TenantVersion {
        let names = ["0001_users.sql", "0012_orders.sql"];
        TenantVersion::new([1, 12].into_iter().zip(names.map(ToOwned::to_owned)))
    }

    #[test]
    fn a_migration_is_named_with_or_without_its_ending_or_by_number() {
        let version = version();
        for name in ["0012_orders", "0012_orders.sql", "12", "0012", "1"] {
            assert!(version.has(name), "{name}");
            assert!(version.meets(&Version::at_least(name)), "{name}");
            assert!(!version.meets(&Version::any().below(name)), "{name}");
        }
        for name in ["0013", "0012_order", "orders", "", "0012_orders.SQL"] {
            assert!(!version.has(name), "{name}");
            assert!(!version.meets(&Version::at_least(name)), "{name}");
        }
        assert!(version.meets(&Version::at_least("0012_orders").below("0020_drop")));
        assert!(!version.meets(&Version::at_least("1").and_at_least("0013_x")));
        assert_eq!((version.newest(), version.count()), (Some("0012_orders.sql"), 2));
        assert_eq!(TenantVersion::new([]).to_string(), "none");
    }

    #[test]
    fn equal_versions_are_kept_once_and_for_as_long_as_somebody_has_them() {
        let known = Known::default();
        let digest = || (2, Some(12), Some("x".to_owned()));
        let first = known.put(digest(), version());
        let second = known.put(digest(), version());
        assert!(Arc::ptr_eq(&first.0, &second.0));
        assert!(known.get(&digest()).is_some());
        drop((first, second));
        assert!(known.get(&digest()).is_none());
        let _another = known.put((0, None, None), TenantVersion::new([]));
        assert_eq!(known.0.lock().unwrap().len(), 1);
    }
}
