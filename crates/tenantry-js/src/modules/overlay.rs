//! One source before another.

use std::sync::Arc;

use super::{ModuleError, ModuleSource, ModuleText};

/// Two sources: what the first does not have is looked for in the second.
///
/// What the first *refuses* may still be found in the second, which refuses for itself.
#[derive(Clone)]
pub struct Overlay {
    first: Arc<dyn ModuleSource>,
    then: Arc<dyn ModuleSource>,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overlay")
    }
}

impl Overlay {
    /// `first`, then `then`.
    pub fn new(first: Arc<dyn ModuleSource>, then: Arc<dyn ModuleSource>) -> Self {
        Self { first, then }
    }
}

impl ModuleSource for Overlay {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.first.resolve(specifier, from).or_else(|_| self.then.resolve(specifier, from))
    }

    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        let first = self.first.resolve_required(specifier, from);
        first.or_else(|_| self.then.resolve_required(specifier, from))
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        self.first.load(name).or_else(|_| self.then.load(name))
    }
}
