//! What the JavaScript of all tenants of a server has in common.

use std::sync::Arc;

use tenantry::{TenantId, TenantManager, config::HostConfig};
use tenantry_js::{Engine, EngineConfig, Script};

use super::plugins;
use crate::{
    database::{Database, DatabaseConfig, TenantDatabase},
    error::{Result, ServerError},
    loading::Strategies,
    server::Core,
};

/// What the JavaScript of all tenants of a server has in common: threads, core plugins, the database.
pub(crate) struct Scripts {
    pub(super) engine: Engine,
    pub(super) config: HostConfig,
    pub(super) strategies: Strategies,
    pub(super) workers: usize,
    database: Option<Database>,
}

impl Scripts {
    /// # Errors
    ///
    /// [`ServerError::Setup`], where a core plugin that is configured is nowhere.
    pub(crate) async fn new(core: &Core) -> Result<Arc<Self>> {
        let config = core.config.clone();
        plugins::check(&config.plugins).await.map_err(ServerError::Setup)?;
        let engine = EngineConfig::default();
        let workers = engine.workers;
        Ok(Arc::new(Self {
            engine: Engine::new(engine),
            database: core.manager.get().map(|manager| database(manager, &config)),
            config,
            strategies: core.discovery.strategies.clone(),
            workers,
        }))
    }

    /// A tenant's data, where there is a database.
    pub(super) fn database(&self, id: &TenantId) -> Option<TenantDatabase> {
        self.database.as_ref().map(|database| database.tenant(id))
    }

    /// Ends the threads.
    pub(crate) async fn close(&self) {
        self.engine.close().await;
    }
}

fn database(manager: &TenantManager, config: &HostConfig) -> Database {
    let mut settings = DatabaseConfig::default();
    settings.statement_timeout = config.limits.query_time;
    settings.max_open = config.limits.queries;
    Database::new(manager.clone(), settings)
}

/// What makes `db`.
pub(super) fn database_prelude() -> [Script; 2] {
    [
        Database::prelude(),
        Script::new("server-database", include_str!("../../js/server/database.js")),
    ]
}
