//! What an application is loaded from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use serde_json::Value;
use tenantry_js::{
    FetchPolicy, Host, Limits, LogLevel, Memory, ModuleSource, NoHost, Record, Script,
};

use crate::native::NativePlugin;
use crate::{Manifest, OnError, TenantInfo};

/// What an application is loaded from.
#[derive(Clone)]
pub struct AppConfig {
    /// The isolate's name, for logs and errors: the tenant's id for one.
    pub name: Arc<str>,
    /// What the isolate may use.
    pub limits: Limits,
    /// CPU time of loading it, where that has a limit of its own.
    pub loading: Option<Duration>,
    /// The tenant's modules.
    pub modules: Arc<dyn ModuleSource>,
    /// `process.env`.
    pub env: BTreeMap<String, String>,
    /// Where `fetch` may go.
    pub fetch: FetchPolicy,
    /// Whose application it is.
    pub tenant: TenantInfo,
    /// Which modules are what.
    pub manifest: Manifest,
    /// What a broken part does.
    pub on_error: OnError,
    /// Operations and calls that are not the framework's own, such as `db.query`, and where the log goes.
    pub host: Arc<dyn Host>,
    /// More scripts of the prelude. They can give objects to tenants' code:
    /// `import { provide } from "prelude:fastify-provided"; provide("db", db);`.
    pub prelude: Vec<Script>,
    /// Plugins written in Rust. They come before the tenant's index.
    pub natives: Vec<Arc<dyn NativePlugin>>,
    /// What they find in their [`Tenant`](crate::native::Tenant), by its type: a way to the tenant's database, for one.
    pub extensions: Extensions,
    /// Options of the Fastify instance: `bodyLimit`, `caseSensitive`, `ignoreTrailingSlash`, `exposeHeadRoutes`, ….
    pub options: Value,
    /// Below this nothing is logged.
    pub log_level: LogLevel,
    /// Bytes of a response that is made from a stream or a file.
    pub response_limit: usize,
    /// The tenant's `public/` folder, of which the core plugin `static` serves files.
    pub public: Option<std::path::PathBuf>,
    /// How isolates of this code have behaved so far.
    pub record: Record,
}

impl AppConfig {
    /// A tenant without modules, with defaults for all else.
    pub fn new(tenant: TenantInfo) -> Self {
        Self {
            name: tenant.id.clone(),
            limits: Limits::default(),
            loading: None,
            modules: Arc::new(Memory::new()),
            env: BTreeMap::new(),
            fetch: FetchPolicy::default(),
            tenant,
            manifest: Manifest::default(),
            on_error: OnError::default(),
            host: Arc::new(NoHost),
            prelude: Vec::new(),
            natives: Vec::new(),
            extensions: Extensions::new(),
            options: Value::Object(serde_json::Map::new()),
            log_level: LogLevel::Info,
            response_limit: 16 << 20,
            public: None,
            record: Record::default(),
        }
    }
}

impl std::fmt::Debug for AppConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppConfig")
            .field("name", &self.name)
            .field("tenant", &self.tenant)
            .field("manifest", &self.manifest)
            .field("on_error", &self.on_error)
            .finish_non_exhaustive()
    }
}
