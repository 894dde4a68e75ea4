//! Modules held in memory.

use std::collections::BTreeMap;

use super::specifier::{self, Specifier};
use super::{ModuleError, ModuleKind, ModuleSource, ModuleText};

/// A [`ModuleSource`] over texts by name: for tests, and for modules that come with the program.
///
/// A bare specifier, such as `core:auth` or `fastify-plugin`, means the module of exactly that
/// name.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    modules: BTreeMap<String, ModuleText>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more module, its kind by [`ModuleKind::detect`].
    #[must_use]
    pub fn with(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        let name = name.into();
        let text = text.into();
        let kind = ModuleKind::detect(&name, &text);
        self.with_kind(name, text, kind)
    }

    /// With one more module of a kind.
    #[must_use]
    pub fn with_kind(
        mut self,
        name: impl Into<String>,
        text: impl Into<String>,
        kind: ModuleKind,
    ) -> Self {
        self.modules.insert(name.into(), ModuleText { text: text.into(), kind });
        self
    }
}

impl ModuleSource for Memory {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        if self.modules.contains_key(specifier) {
            return Ok(specifier.to_owned());
        }
        let name = match specifier::parse(specifier, from)? {
            Specifier::Path(path) => path,
            Specifier::Package { .. } => specifier.to_owned(),
        };
        if self.modules.contains_key(&name) {
            return Ok(name);
        }
        Err(ModuleError::NotFound { specifier: specifier.to_owned(), from: from.to_owned() })
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        self.modules.get(name).cloned().ok_or_else(|| ModuleError::NotFound {
            specifier: name.to_owned(),
            from: String::new(),
        })
    }
}
