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

    /// What `resolve` finds in the source, by its name here.
    fn named(
        &self,
        specifier: &str,
        from: &str,
        resolve: impl FnOnce(&str, &str) -> Result<String, ModuleError>,
    ) -> Result<String, ModuleError> {
        // What a manifest names, and nobody's code, is asked for from nowhere.
        let entry = specifier.strip_prefix("./").unwrap_or(specifier).strip_prefix(&self.name);
        let resolved = match (from.strip_prefix(&self.name), entry) {
            (Some(from), _) => resolve(specifier, from)?,
            (None, Some(entry)) if from.is_empty() => resolve(entry, "")?,
            _ => {
                let (specifier, from) = (specifier.to_owned(), from.to_owned());
                return Err(ModuleError::NotFound { specifier, from });
            }
        };
        Ok(format!("{}{resolved}", self.name))
    }
}

impl ModuleSource for Mount {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.named(specifier, from, |specifier, from| self.source.resolve(specifier, from))
    }

    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        self.named(specifier, from, |specifier, from| self.source.resolve_required(specifier, from))
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

/// The built-in plugins, whose modules have such names already: a manifest names them, and they import
/// each other, but no tenant's code does.
pub(super) struct BuiltIn<S>(pub(super) S);

/// What their names begin with.
const BUILT_IN: &str = "core:";

impl<S> BuiltIn<S> {
    /// Whether they may be asked for from there.
    fn check(specifier: &str, from: &str) -> Result<(), ModuleError> {
        if from.is_empty() || from.starts_with(BUILT_IN) {
            return Ok(());
        }
        let (specifier, from) = (specifier.to_owned(), from.to_owned());
        Err(ModuleError::NotFound { specifier, from })
    }
}

impl<S: ModuleSource> ModuleSource for BuiltIn<S> {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        Self::check(specifier, from)?;
        self.0.resolve(specifier, from)
    }

    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        Self::check(specifier, from)?;
        self.0.resolve_required(specifier, from)
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        self.0.load(name)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tenantry_js::{Folder, Memory, Overlay};

    use super::*;

    #[test]
    fn neither_side_reaches_the_other() {
        let core = Memory::new().with("auth/index.mjs", "core").with("auth/keys.mjs", "keys");
        let own = Memory::new().with("index.mjs", "own").with("auth/keys.mjs", "forged");
        let mount = Mount::new("core:", Arc::new(core));
        let all = Overlay::new(Arc::new(mount), Arc::new(own));
        assert_eq!(all.resolve("core:auth/index.mjs", "").unwrap(), "core:auth/index.mjs");
        let keys = all.resolve("./keys.mjs", "core:auth/index.mjs").unwrap();
        assert_eq!(keys, "core:auth/keys.mjs");
        assert_eq!(all.load(&keys).unwrap().text, "keys");
        assert_eq!(all.resolve("./core:auth/index.mjs", "").unwrap(), "core:auth/index.mjs");
        for specifier in ["core:auth/keys.mjs", "./core:auth/keys.mjs"] {
            assert!(all.resolve(specifier, "index.mjs").is_err(), "{specifier}");
        }
        assert_eq!(all.resolve("./auth/keys.mjs", "index.mjs").unwrap(), "auth/keys.mjs");
    }

    #[test]
    fn a_mounted_package_has_its_own_file_for_require() {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("node_modules/d");
        fs::create_dir_all(&package).unwrap();
        for (name, text) in [
            ("package.json", r#"{"main": "./c.cjs", "module": "./m.mjs"}"#),
            ("m.mjs", ""),
            ("c.cjs", ""),
        ] {
            fs::write(package.join(name), text).unwrap();
        }
        let mount = Mount::new("plugins:", Arc::new(Folder::new(root.path()).unwrap()));
        let all = Overlay::new(Arc::new(BuiltIn(Memory::new())), Arc::new(mount));
        let from = "plugins:index.mjs";
        assert_eq!(all.resolve("d", from).unwrap(), "plugins:node_modules/d/m.mjs");
        assert_eq!(all.resolve_required("d", from).unwrap(), "plugins:node_modules/d/c.cjs");
        assert!(all.resolve_required("d", "index.mjs").is_err());
    }

    #[test]
    fn built_in_plugins_are_for_manifests() {
        let plugins = BuiltIn(tenantry_fastify::plugins::modules());
        assert!(plugins.resolve("./core:auth/index.mjs", "").is_ok());
        assert!(plugins.resolve("./token.mjs", "core:auth/index.mjs").is_ok());
        for from in ["index.mjs", "plugins:audit/index.mjs"] {
            assert!(plugins.resolve("core:auth/index.mjs", from).is_err(), "{from}");
            assert!(plugins.resolve_required("core:auth/index.mjs", from).is_err(), "{from}");
        }
    }
}
