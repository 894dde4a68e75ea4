//! Where a tenant's modules are: its own folder, and the plugins for all tenants under names of their
//! own.

use std::sync::Arc;

use tenantry_js::{ModuleError, ModuleSource, ModuleText};

/// A source whose modules' names begin with a name that no tenant can write: its own code cannot
/// import them, and they cannot import the tenant's.
pub(super) struct Mount {
    name: String,
    source: Arc<dyn ModuleSource>,
}

impl Mount {
    /// `name` ends in a colon, which no file of a tenant's is resolved by.
    pub(super) fn new(name: impl Into<String>, source: Arc<dyn ModuleSource>) -> Self {
        Self { name: name.into(), source }
    }
}

impl ModuleSource for Mount {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        // An application is begun by names that are relative to nothing: `./plugins:auth/index.mjs`.
        let entry = specifier.strip_prefix("./").unwrap_or(specifier).strip_prefix(&self.name);
        let resolved = match (from.strip_prefix(&self.name), entry) {
            (Some(from), _) => self.source.resolve(specifier, from)?,
            (None, Some(entry)) if from.is_empty() => self.source.resolve(entry, "")?,
            _ => {
                let (specifier, from) = (specifier.to_owned(), from.to_owned());
                return Err(ModuleError::NotFound { specifier, from });
            }
        };
        Ok(format!("{}{resolved}", self.name))
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        match name.strip_prefix(&self.name) {
            Some(name) => self.source.load(name),
            None => {
                let (specifier, from) = (name.to_owned(), String::new());
                Err(ModuleError::NotFound { specifier, from })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tenantry_js::{Memory, Overlay};

    use super::*;

    #[test]
    fn neither_side_reaches_the_other() {
        let core = Memory::new().with("auth/index.mjs", "core").with("auth/keys.mjs", "keys");
        let own = Memory::new().with("index.mjs", "own").with("auth/keys.mjs", "forged");
        let mount = Mount::new("core:", Arc::new(core));
        let all = Overlay::new(Arc::new(mount), Arc::new(own));
        assert_eq!(all.resolve("core:auth/index.mjs", "").unwrap(), "core:auth/index.mjs");
        assert_eq!(all.resolve("./core:auth/index.mjs", "").unwrap(), "core:auth/index.mjs");
        let keys = all.resolve("./keys.mjs", "core:auth/index.mjs").unwrap();
        assert_eq!(keys, "core:auth/keys.mjs");
        assert_eq!(all.load(&keys).unwrap().text, "keys");
        assert!(all.resolve("core:auth/keys.mjs", "index.mjs").is_err());
        assert!(all.resolve("./core:auth/keys.mjs", "index.mjs").is_err());
        assert_eq!(all.resolve("./auth/keys.mjs", "index.mjs").unwrap(), "auth/keys.mjs");
    }
}
