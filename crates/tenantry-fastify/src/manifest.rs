//! What a tenant is made of: the modules of its folder, in loading order.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// A module of the tenant's, by the name its module source knows it under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRef {
    /// What the part is called: a service's class, a plugin's folder, a schema's file without its extension.
    pub name: String,
    /// The module's canonical name, such as `services/UserService.mjs`.
    pub module: String,
    /// Options a plugin is registered with, such as `prefix`; an object or null.
    pub options: Value,
}

impl ModuleRef {
    /// A part with a name of its own.
    pub fn new(name: impl Into<String>, module: impl Into<String>) -> Self {
        Self { name: name.into(), module: module.into(), options: Value::Null }
    }

    /// The same with the options it is registered with.
    #[must_use]
    pub fn with_options(mut self, options: Value) -> Self {
        self.options = options;
        self
    }
}

/// Where a tenant's configuration comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ConfigSource {
    /// There is none: an empty object.
    #[default]
    None,
    /// A module whose default export (or `module.exports`, or JSON) is the configuration.
    Module(String),
    /// Read by whoever loads the tenant, from `config.toml` for one.
    Value(Value),
}

/// The parts of a tenant, in the order in which they are loaded.
///
/// All names are those of the module source that the tenant is loaded with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// `config.{js,mjs,json,toml}`.
    pub config: ConfigSource,
    /// `index.mjs`: an object (`name`), or a plugin that is registered before all others.
    pub index: Option<String>,
    /// Plugins everybody gets, in `coreOrder`.
    pub core_plugins: Vec<ModuleRef>,
    /// `plugins/<name>/index.mjs`.
    pub plugins: Vec<ModuleRef>,
    /// `schemas/*.{json,js,mjs}`.
    pub schemas: Vec<ModuleRef>,
    /// `services/*.mjs`.
    pub services: Vec<ModuleRef>,
    /// `routes/*.mjs`.
    pub routes: Vec<ModuleRef>,
}

impl Manifest {
    /// Whether there is no JavaScript in it.
    pub fn is_empty(&self) -> bool {
        !matches!(self.config, ConfigSource::Module(_))
            && self.index.is_none()
            && [&self.core_plugins, &self.plugins, &self.schemas, &self.services, &self.routes]
                .iter()
                .all(|parts| parts.is_empty())
    }
}

/// Who the application belongs to, as tenants' code sees it in `tenant`.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantInfo {
    /// `tenant.id`.
    pub id: Arc<str>,
    /// More of it, as properties of `tenant`: what the catalog knows, for one. `id`, `config` and the methods cannot be replaced.
    pub more: BTreeMap<String, Value>,
}

impl TenantInfo {
    /// A tenant of which nothing but its id is known.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self { id: id.into(), more: BTreeMap::new() }
    }
}

/// What a broken part does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// The tenant is not loaded at all.
    #[default]
    Tenant,
    /// That part is left out, and named in [`Loaded::errors`](crate::Loaded::errors).
    Part,
}
