//! What the JavaScript of all tenants of a server has in common.

use std::{path::PathBuf, sync::Arc};

use tenantry::{TenantManager, config::HostConfig};
use tenantry_fastify::{ModuleRef, PartError};
use tenantry_js::{Engine, EngineConfig};

use crate::{
    error::{Result, ServerError},
    folder::{self, CorePlugins},
    loading::Strategies,
    server::Core,
};

/// What the JavaScript of all tenants of a server has in common: threads, core plugins, the database.
pub(crate) struct Scripts {
    pub(super) engine: Engine,
    pub(super) config: HostConfig,
    pub(super) strategies: Strategies,
    pub(super) manager: Option<TenantManager>,
    pub(super) workers: usize,
}

impl Scripts {
    pub(crate) async fn new(core: &Core) -> Result<Arc<Self>> {
        let engine = EngineConfig::default();
        let workers = engine.workers;
        let scripts = Self {
            engine: Engine::new(engine),
            config: core.config.clone(),
            strategies: core.discovery.strategies.clone(),
            manager: core.manager.get().cloned(),
            workers,
        };
        Ok(Arc::new(scripts))
    }

    pub(crate) async fn close(&self) {
        self.engine.close().await;
    }
}
