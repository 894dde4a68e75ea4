//! Modules as they were when they were first read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tenantry_js::{ModuleError, ModuleSource, ModuleText};

/// The most that is remembered, in bytes of text.
const LARGEST: usize = 32 << 20;

/// A source that reads each module once: every isolate of one version runs the same text, whatever
/// happens to the files meanwhile. What is not there may still come.
pub(super) struct Remembered {
    source: Arc<dyn ModuleSource>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    names: HashMap<Asked, String>,
    texts: HashMap<String, ModuleText>,
    bytes: usize,
}

/// What was asked for: what `require` finds may be another file than what `import` does.
#[derive(PartialEq, Eq, Hash)]
struct Asked {
    specifier: String,
    from: String,
    required: bool,
}

impl Remembered {
    pub(super) fn new(source: Arc<dyn ModuleSource>) -> Self {
        Self { source, known: Mutex::default() }
    }

    fn name(&self, asked: Asked) -> Result<String, ModuleError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known().names.get(&asked) {
            return Ok(name.clone());
        }
        let Asked { specifier, from, required } = &asked;
        let name = match required {
            true => self.source.resolve_required(specifier, from)?,
            false => self.source.resolve(specifier, from)?,
        };
        let mut known = known();
        known.bytes += specifier.len() + from.len() + name.len();
        if known.bytes <= LARGEST {
            known.names.insert(asked, name.clone());
        }
        Ok(name)
    }
}

impl ModuleSource for Remembered {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        let (specifier, from) = (specifier.to_owned(), from.to_owned());
        self.name(Asked { specifier, from, required: false })
    }

    fn resolve_required(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        let (specifier, from) = (specifier.to_owned(), from.to_owned());
        self.name(Asked { specifier, from, required: true })
    }

    fn load(&self, name: &str) -> Result<ModuleText, ModuleError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = known().texts.get(name) {
            return Ok(text.clone());
        }
        let text = self.source.load(name)?;
        let mut known = known();
        known.bytes += name.len() + text.text.len();
        if known.bytes <= LARGEST {
            known.texts.insert(name.to_owned(), text.clone());
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tenantry_js::Folder;

    use super::*;

    #[test]
    fn what_import_and_require_find_is_remembered_apart() {
        let root = tempfile::tempdir().unwrap();
        let package = root.path().join("node_modules/d");
        fs::create_dir_all(&package).unwrap();
        let manifest = r#"{"exports": {"import": "./m.mjs", "require": "./c.cjs"}}"#;
        for (name, text) in [("package.json", manifest), ("m.mjs", ""), ("c.cjs", "")] {
            fs::write(package.join(name), text).unwrap();
        }
        let remembered = Remembered::new(Arc::new(Folder::new(root.path()).unwrap()));
        let both = || {
            let imported = remembered.resolve("d", "index.mjs").unwrap();
            (imported, remembered.resolve_required("d", "index.mjs").unwrap())
        };
        let expected = ("node_modules/d/m.mjs".to_owned(), "node_modules/d/c.cjs".to_owned());
        assert_eq!(both(), expected);
        fs::remove_dir_all(&package).unwrap();
        assert_eq!(both(), expected);
    }
}
