//! Whose application a plugin is part of.

use std::fmt;
use std::sync::Arc;

use http::Extensions;
use serde_json::Value;

/// Whose application a native plugin is part of: what it is registered with, and what its hooks and routes find in their
/// requests. Cheap to clone.
#[derive(Clone)]
pub struct Tenant {
    inner: Arc<Parts>,
}

struct Parts {
    id: Arc<str>,
    config: Value,
    extensions: Extensions,
}

impl Tenant {
    /// A tenant with its configuration, and what the program around it gives to its plugins.
    pub fn new(id: impl Into<Arc<str>>, config: Value, extensions: Extensions) -> Self {
        Self { inner: Arc::new(Parts { id: id.into(), config, extensions }) }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Its own configuration, without what a package's index exports as defaults: up to 256 KB of JSON; a larger one keeps
    /// the application from being loaded.
    ///
    /// JSON and TOML are what the program has read, before any of the tenant's code has run. A configuration that is a
    /// module (`config.js`, `config.mjs`) is that code, and this is its word: what it has given once, when the plugins were
    /// registered, as far as JSON knows it.
    pub fn config(&self) -> &Value {
        &self.inner.config
    }

    /// What the program around it gives to plugins, by its type: a way to the tenant's database, for one.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.inner.extensions.get()
    }

    /// What a plugin's code runs within, so that what it logs says for whom.
    pub(crate) fn span(&self, plugin: &str) -> tracing::Span {
        tracing::info_span!("native plugin", tenant = self.id(), plugin)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant").field("id", &self.inner.id).finish_non_exhaustive()
    }
}
