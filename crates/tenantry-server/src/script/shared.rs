//! What the JavaScript of all tenants of a server has in common.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use tenantry::{TenantId, TenantManager, config::HostConfig};
use tenantry_fastify::native::NativePlugin;
use tenantry_js::{Engine, EngineConfig, Record, Script};

use super::plugins::{self, PluginSources, Plugins};
use crate::{
    database::{Database, DatabaseConfig, TenantDatabase},
    error::{Result, ServerError},
    loading::{Deadline, Strategies},
    server::Core,
};

/// What the JavaScript of all tenants of a server has in common: threads, core plugins, the database.
pub(crate) struct Scripts {
    pub(super) engine: Engine,
    pub(super) config: HostConfig,
    pub(super) strategies: Strategies,
    pub(super) workers: usize,
    pub(super) natives: Vec<Arc<dyn NativePlugin>>,
    /// What native plugins have a tenant's database by.
    pub(super) manager: Option<TenantManager>,
    sources: PluginSources,
    database: Option<Database>,
    /// How each tenant's code has behaved.
    records: Mutex<HashMap<TenantId, Record>>,
}

impl Scripts {
    /// # Errors
    ///
    /// [`ServerError::Setup`], where a plugin that is configured is nowhere, or where one, or a list of them, does not come
    /// within `limits.load`.
    pub(crate) async fn new(core: &Core) -> Result<Arc<Self>> {
        let config = core.config.clone();
        let strategies = core.discovery.strategies.clone();
        let sources = core.plugin_sources.clone();
        let deadline = Deadline::after(config.limits.load);
        let checked = plugins::check(&config.plugins, &strategies, &sources, deadline).await;
        checked.map_err(ServerError::Setup)?;
        let settings = EngineConfig::default();
        let workers = settings.workers;
        let engine = Engine::new(settings);
        if core.holds_back_a_thread {
            engine.hold_back_a_thread();
        }
        Ok(Arc::new(Self {
            engine,
            database: core
                .manager
                .get()
                .map(|manager| Database::new(manager.clone(), DatabaseConfig::of(&config))),
            config,
            strategies,
            natives: core.native_plugins.clone(),
            manager: core.manager.get().cloned(),
            sources,
            workers,
            records: Mutex::default(),
        }))
    }

    /// A tenant's data, where there is a database.
    pub(super) fn database(&self, id: &TenantId) -> Option<TenantDatabase> {
        self.database.as_ref().map(|database| database.tenant(id))
    }

    /// For a new version of a tenant's code.
    pub(super) fn record(&self, id: &TenantId) -> Record {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len().is_power_of_two() {
            records.retain(|_, record| record.is_in_use());
        }
        let record = records.get(id).map_or_else(Record::default, Record::renewed);
        records.insert(id.clone(), record.clone());
        record
    }

    /// The plugins that every tenant's application begins with, as they are now.
    pub(super) async fn plugins(&self, deadline: Deadline) -> Result<Plugins, String> {
        plugins::load(&self.config.plugins, &self.strategies, &self.sources, deadline).await
    }

    /// Ends the threads.
    pub(crate) async fn close(&self) {
        self.engine.close().await;
    }
}

/// What makes `db`, and gives it to tenants' code.
pub(super) fn database_prelude() -> [Script; 2] {
    static SCRIPTS: LazyLock<[Script; 2]> = LazyLock::new(|| {
        let server = include_str!("../../js/server/database.js");
        [Database::prelude(), Script::new("server-database", server)]
    });
    SCRIPTS.clone()
}
