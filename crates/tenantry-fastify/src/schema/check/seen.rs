//! Which properties and items have been evaluated, for `unevaluatedProperties` and `unevaluatedItems`.

use std::collections::HashSet;

/// What a schema and those it applies to the same value have evaluated of it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) all_properties: bool,
    pub(super) properties: HashSet<String>,
    pub(super) all_items: bool,
    /// So many of the first items.
    pub(super) items: usize,
}

impl Seen {
    pub(super) fn merge(&mut self, other: Seen) {
        self.all_properties |= other.all_properties;
        self.all_items |= other.all_items;
        self.items = self.items.max(other.items);
        if !other.properties.is_empty() {
            self.properties.extend(other.properties);
        }
    }

    pub(super) fn has_property(&self, key: &str) -> bool {
        self.all_properties || self.properties.contains(key)
    }
}
