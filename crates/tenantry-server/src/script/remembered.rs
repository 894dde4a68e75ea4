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
    names: HashMap<(String, String), String>,
    texts: HashMap<String, ModuleText>,
    bytes: usize,
}

impl Remembered {
    pub(super) fn new(source: Arc<dyn ModuleSource>) -> Self {
        Self { source, known: Mutex::default() }
    }
}

impl ModuleSource for Remembered {
    fn resolve(&self, specifier: &str, from: &str) -> Result<String, ModuleError> {
        let key = (specifier.to_owned(), from.to_owned());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known().names.get(&key) {
            return Ok(name.clone());
        }
        let name = self.source.resolve(specifier, from)?;
        let mut known = known();
        known.bytes += specifier.len() + from.len() + name.len();
        if known.bytes <= LARGEST {
            known.names.insert(key, name.clone());
        }
        Ok(name)
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
