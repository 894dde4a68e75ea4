//! One version of a tenant's JavaScript.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tenantry::{TenantId, config::OnBroken};
use tenantry_fastify::{App, AppConfig, ConfigSource, Manifest, OnError, PartError, TenantInfo};
use tenantry_js::{FetchPolicy, Limits, LogLevel, ModuleSource, Overlay, Record};

use super::{
    Scripts,
    application::ScriptApplication,
    host::TenantHost,
    limits::{TenantLimits, placed},
    plugins::{self, Plugins},
    remembered::Remembered,
    shared,
};
use crate::{
    application::{Application, Blueprint},
    database::TenantDatabase,
    error::Broken,
    folder::Scanned,
    loading::Loaded,
    log::TenantLog,
    native,
};

/// One version of a tenant's JavaScript: the text of all its modules, and what they are.
pub(super) struct ScriptBlueprint {
    scripts: Arc<Scripts>,
    id: TenantId,
    modules: Arc<dyn ModuleSource>,
    manifest: Manifest,
    /// What was wrong before anything ran.
    errors: Vec<PartError>,
    environment: BTreeMap<String, String>,
    root: PathBuf,
    host: TenantHost,
    has_database: bool,
    /// Once its configuration is known.
    limits: OnceLock<TenantLimits>,
    /// How its isolates have behaved.
    record: Record,
    /// What keeps the folder there.
    _kept: Option<Loaded>,
}

impl ScriptBlueprint {
    pub(super) fn new(
        scripts: &Arc<Scripts>,
        id: &TenantId,
        root: PathBuf,
        kept: Option<Loaded>,
        scanned: Scanned,
        core: Plugins,
        log: &Arc<TenantLog>,
    ) -> Result<Self, Broken> {
        let Scanned { mut manifest, mut errors, environment } = scanned;
        errors.extend(core.errors);
        if scripts.config.tenants.on_broken == OnBroken::Tenant && !errors.is_empty() {
            return Err(Broken::parts(errors));
        }
        manifest.core_plugins = core.modules;
        if let Some(entry) = kept.as_ref().and_then(Loaded::entry)
            && manifest.index.is_none()
        {
            manifest.index = Some(entry.to_owned());
        }
        let own = plugins::open(root.clone()).map_err(Broken::whole)?;
        let all = Overlay::new(core.source, Arc::new(own));
        let modules = Arc::new(Remembered::new(Arc::new(all)));
        let blueprint = Self {
            scripts: Arc::clone(scripts),
            id: id.clone(),
            modules,
            manifest,
            errors,
            environment,
            root,
            host: TenantHost { database: scripts.database(id), log: Arc::clone(log) },
            has_database: core.has_database,
            limits: OnceLock::new(),
            record: scripts.record(id),
            _kept: kept,
        };
        if let ConfigSource::Value(config) = &blueprint.manifest.config {
            let mut errors = Vec::new();
            let limits = blueprint.allowed().lowered(config, &mut errors);
            // What is wrong is told when it is loaded.
            if errors.is_empty() {
                let _ = blueprint.limits.set(limits);
            }
        }
        Ok(blueprint)
    }

    /// What the server allows each tenant.
    fn allowed(&self) -> TenantLimits {
        TenantLimits::of(&self.scripts.config.limits)
    }

    fn limits(&self) -> TenantLimits {
        self.limits.get().cloned().unwrap_or_else(|| self.allowed())
    }

    fn on_error(&self) -> OnError {
        match self.scripts.config.tenants.on_broken {
            OnBroken::Tenant => OnError::Tenant,
            OnBroken::Part => OnError::Part,
        }
    }

    async fn load(&self, limits: &TenantLimits) -> Result<App, Broken> {
        let config = &self.scripts.config;
        let mut app = AppConfig::new(TenantInfo::new(self.id.as_str()));
        app.limits = Limits {
            memory: limits.memory,
            stack: limits.stack,
            cpu: limits.cpu,
            wall: limits.wall,
            result: limits.response_bytes,
            operations: limits.operations,
            ..Limits::default()
        };
        app.loading = Some(config.limits.load_cpu);
        app.modules = Arc::clone(&self.modules);
        app.env = self.environment.clone();
        app.fetch = FetchPolicy { origins: config.fetch.clone(), ..FetchPolicy::default() };
        app.manifest = self.manifest.clone();
        app.on_error = self.on_error();
        app.host = Arc::new(self.host.clone());
        app.natives = self.scripts.natives.clone();
        app.extensions = native::extensions(self.scripts.manager.as_ref(), &self.id);
        if self.has_database {
            app.prelude.extend(shared::database_prelude());
        }
        app.public = Some(self.root.join("public")).filter(|folder| folder.is_dir());
        app.log_level = LogLevel::parse(config.logger.level).unwrap_or(LogLevel::Fatal);
        app.options = serde_json::json!({
            "bodyLimit": config.limits.request_bytes,
            "validateInputs": config.validate_inputs,
        });
        app.response_limit = limits.response_bytes;
        app.record = self.record.clone();
        let loaded = App::load(&self.scripts.engine, app, self.host.task(None)).await;
        loaded.map_err(|error| Broken::parts(error.parts()))
    }
}

impl Blueprint for ScriptBlueprint {
    fn build(&self) -> BoxFuture<'_, Result<Arc<dyn Application>, Broken>> {
        Box::pin(async move {
            let limits = self.limits();
            let mut app = self.load(&limits).await?;
            let mut errors = self.errors.clone();
            if self.limits.get().is_none() {
                // A configuration that is a module says what its limits are once it has run.
                let mut wrong = Vec::new();
                let lowered = limits.lowered(&app.loaded().config, &mut wrong);
                let source = &self.manifest.config;
                errors.extend(wrong.into_iter().map(|error| placed(error, &self.root, source)));
                if self.on_error() == OnError::Tenant && !errors.is_empty() {
                    return Err(Broken::parts(errors));
                }
                if lowered != limits {
                    app = self.load(&lowered).await?;
                }
                let _ = self.limits.set(lowered);
            }
            let app = ScriptApplication::new(app, errors, self.host.clone()).await;
            let app: Arc<dyn Application> = Arc::new(app);
            Ok(app)
        })
    }

    fn most(&self) -> usize {
        self.scripts.config.tenants.max_isolates.unwrap_or(self.scripts.workers).max(1)
    }

    fn open_requests(&self) -> usize {
        self.limits().open_requests
    }

    fn is_overloaded(&self) -> bool {
        self.host.database.as_ref().is_some_and(TenantDatabase::is_full)
    }

    fn wall(&self) -> Duration {
        self.limits().wall
    }
}
