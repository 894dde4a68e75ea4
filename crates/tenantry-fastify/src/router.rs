//! Routes by method and path, with the semantics of find-my-way, Fastify's router.
//!
//! Static text comes before parameters, parameters before the wildcard; a parameter with an expression comes before one
//! without. A way that leads nowhere is left for the next best one.

mod insert;
mod lookup;
mod node;
mod pattern;
mod print;
#[cfg(test)]
mod tests;
mod url;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use insert::AddError;
pub(crate) use lookup::Lookup;
use node::Tree;
pub(crate) use url::path_of;

/// How paths are compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RouterOptions {
    pub(crate) case_sensitive: bool,
    pub(crate) ignore_trailing_slash: bool,
    pub(crate) ignore_duplicate_slashes: bool,
    /// In UTF-16's units, as JavaScript counts.
    pub(crate) max_param_length: usize,
}

impl Default for RouterOptions {
    fn default() -> Self {
        Self {
            case_sensitive: true,
            ignore_trailing_slash: false,
            ignore_duplicate_slashes: false,
            max_param_length: 100,
        }
    }
}

/// A route as it was added.
#[derive(Debug, Clone)]
pub(crate) struct Added {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) target: u32,
}

/// A table of routes: each leads to a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Router {
    options: RouterOptions,
    trees: BTreeMap<String, Tree>,
    /// Method and path with the names of parameters left out, to the route's number: two with the same cannot be told apart.
    known: BTreeMap<(String, String), u32>,
    added: Vec<Added>,
}

impl Router {
    pub(crate) fn new(options: RouterOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Takes a route out again.
    pub(crate) fn forget(&mut self, target: u32) {
        self.known.retain(|_, known| *known != target);
        self.added.retain(|added| added.target != target);
        for tree in self.trees.values_mut() {
            for node in &mut tree.nodes {
                node.target = node.target.filter(|it| *it != target);
            }
        }
    }

    /// All routes in the order they were added.
    pub(crate) fn added(&self) -> &[Added] {
        &self.added
    }
}
