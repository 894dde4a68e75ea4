use std::{fmt, sync::Arc};

/// The migrations that an application needs, and those it cannot work with.
///
/// A migration is named as the ledger has it, with or without its ending, or by its number: by
/// `0012_orders`, `0012_orders.sql` and `12` the same one is meant.
///
/// ```
/// use tenantry::Version;
///
/// // Reads the column that 0012 adds, and still needs the one that 0020 drops.
/// let needed = Version::at_least("0012_orders").below("0020_drop_status");
/// assert_eq!(needed.to_string(), "at least 0012_orders, below 0020_drop_status");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Version {
    pub(super) needed: Arc<[Name]>,
    pub(super) refused: Arc<[Name]>,
}

/// A migration as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Number(i64),
    Stem(Box<str>),
}

impl Name {
    fn new(name: &str) -> Self {
        name.parse().map_or_else(|_| Self::Stem(stem(name).into()), Self::Number)
    }
}

/// A migration's name without its ending.
pub(super) fn stem(name: &str) -> &str {
    name.strip_suffix(".sql").unwrap_or(name)
}

impl Version {
    /// Whatever a tenant has.
    pub fn any() -> Self {
        Self::default()
    }

    /// A tenant must have this migration.
    pub fn at_least(migration: &str) -> Self {
        Self::any().and_at_least(migration)
    }

    /// A tenant must have this migration, too.
    pub fn and_at_least(mut self, migration: &str) -> Self {
        self.needed = with(&self.needed, migration);
        self
    }

    /// A tenant must not have this migration yet: it takes away what the application needs.
    pub fn below(mut self, migration: &str) -> Self {
        self.refused = with(&self.refused, migration);
        self
    }
}

fn with(names: &[Name], migration: &str) -> Arc<[Name]> {
    names.iter().cloned().chain([Name::new(migration)]).collect()
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number:04}"),
            Self::Stem(stem) => f.write_str(stem),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = self.needed.iter().map(|name| ("at least", name));
        let refused = self.refused.iter().map(|name| ("below", name));
        let mut separator = "";
        for (what, name) in needed.chain(refused) {
            write!(f, "{separator}{what} {name}")?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("any") } else { Ok(()) }
    }
}
