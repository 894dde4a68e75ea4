use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use tenantry_pool::{Event, Pool, PoolConfig};
use tokio::sync::oneshot;

use super::{Inner, Keeper, TenantManager, extensions};
use crate::{
    Catalog, Config, Error, Hooks, Identifier, Result, SharedDb, TenantId,
    access::{Access, Reach},
    catalog::{Discovery, Ending, Index, Reading, SetUp, discover, listen, refresh, set_up},
    connection::{PgDriver, Server},
    place::Place,
    retry::with_retry,
    versions::Known,
};

/// How long work may go on whose tenant has gone or is archived.
const LAST_WORK: Duration = Duration::from_secs(5);

/// A [`TenantManager`] about to be made.
#[derive(Debug)]
#[must_use]
pub struct TenantManagerBuilder {
    config: Config,
    hooks: Hooks,
    discovery: Option<Discovery>,
    set_up: SetUp,
    watch: bool,
}

impl TenantManagerBuilder {
    pub(super) fn new(config: Config) -> Self {
        Self { config, hooks: Hooks::new(), discovery: None, set_up: SetUp::Make, watch: true }
    }

    /// Sets functions to be called when something happens to a tenant's pool.
    pub fn hooks(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// Gets the tenants from a function, in place of the catalog or what `discovery` in the
    /// configuration says. It is called with the shared database, at the start and then every
    /// `discovery.refresh_interval`; the template names the schemas.
    pub fn discovery<F, Fut>(mut self, function: F) -> Self
    where
        F: Fn(SharedDb) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<TenantId>>> + Send + 'static,
    {
        self.discovery = Some(Discovery::Function(Arc::new(move |db| Box::pin(function(db)))));
        self
    }

    /// Writes nothing to the database: where there is no catalog, there are no tenants.
    pub fn read_only(mut self) -> Self {
        self.set_up = SetUp::ReadOnly;
        self
    }

    /// Reads the tenants once and does not listen for changes: for a command that ends soon. It
    /// saves the listener's connection.
    pub fn without_listener(mut self) -> Self {
        self.watch = false;
        self
    }

    /// Connects, makes the catalog if there is none, and reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when PostgreSQL cannot be reached, after the retries that
    /// `connection.retry` allows.
    pub async fn connect(self) -> Result<TenantManager> {
        let server = Server::new(&self.config.connection().server)?;
        let names: Arc<OnceLock<Weak<Index>>> = Arc::default();
        let pool = self.pool(Arc::clone(&names));
        let retiring = pool.clone();
        let shared = Place::of_shared(
            self.config.isolation().shared_schema.clone(),
            server.clone(),
            &self.config.isolation().extension_schemas,
        );
        let on_ending = move |place: &Place, ending| {
            if ending != Ending::Archived {
                retiring.retire(&place.target);
            }
            if ending != Ending::Moved {
                retiring.cut_off_after(place.target.id(), LAST_WORK);
            }
        };
        let index = Arc::new(Index::new(server, Arc::clone(&shared), self.beside(), on_ending));
        let _ = names.set(Arc::downgrade(&index));
        let reach = Arc::new(Reach {
            pool,
            names,
            hooks: self.hooks.clone(),
            debug: self.config.debug().clone(),
        });
        let access = Access::new(Arc::clone(&reach), Arc::clone(&shared));
        let discovery = self
            .discovery
            .clone()
            .unwrap_or_else(|| Discovery::Source(self.config.discovery().source.clone()));
        let started =
            with_retry(self.config.retry(), async || self.start(&access, &index, &discovery).await);
        let (keeper, has_rows) = match started.await {
            Ok(started) => started,
            Err(error) => {
                let _ = reach.pool.close(Duration::from_secs(1)).await;
                return Err(error);
            }
        };
        let catalog = Catalog {
            db: SharedDb::new(access),
            index: Arc::clone(&index),
            template: self.config.isolation().schema_template.clone(),
            is_source: has_rows,
        };
        let known = Known::default();
        let inner =
            Inner { config: self.config, reach, index, catalog, shared, has_rows, keeper, known };
        Ok(TenantManager { inner: Arc::new(inner) })
    }

    /// Reads the tenants, and starts what keeps them fresh. Whether they have rows in a catalog.
    async fn start(
        &self,
        access: &Access,
        index: &Arc<Index>,
        discovery: &Discovery,
    ) -> Result<(Option<Keeper>, bool)> {
        let mut db = SharedDb::new(access.clone());
        extensions::check(&mut db, &self.config.isolation().extension_schemas).await?;
        if !discovery.is_catalog() {
            let reading = Reading {
                template: self.config.isolation().schema_template.clone(),
                alphabet: self.config.alphabet(),
            };
            discover(discovery, &reading, &mut db, index).await?;
            let every = self.config.discovery().refresh_interval;
            let task = refresh(discovery.clone(), reading, db, Arc::downgrade(index), every);
            return Ok((self.watch.then(|| Keeper(tokio::spawn(task))), false));
        }
        let is_there = set_up(&mut db, self.set_up).await?;
        if !self.watch {
            if is_there {
                index.load(&mut db).await?;
            }
            index.keep_for_ever();
            return Ok((None, is_there));
        }
        if !is_there {
            index.keep_for_ever();
            return Ok((None, false));
        }
        let (ready, is_ready) = oneshot::channel();
        let keeper = Keeper(tokio::spawn(listen(access.clone(), Arc::downgrade(index), ready)));
        is_ready.await.unwrap_or(Err(Error::PoolClosed))?;
        Ok((Some(keeper), true))
    }

    fn pool(&self, names: Arc<OnceLock<Weak<Index>>>) -> Pool<PgDriver> {
        let connection = self.config.connection();
        let mut limits = PoolConfig::new(connection.max_connections);
        limits.max_per_target = connection.max_per_tenant;
        limits.max_waiters = connection.max_waiters;
        limits.max_waiters_per_target = connection.max_waiters_per_tenant;
        limits.home_patience = connection.home_patience;
        limits.narrow_floods = connection.narrow_floods;
        limits.min_idle = connection.min_idle;
        limits.acquire_timeout = connection.acquire_timeout;
        // Each of the hosts has that long.
        let hosts = connection.server.postgres.get_hosts().len().max(1);
        limits.connect_timeout = connection.connect_timeout * u32::try_from(hosts).unwrap_or(1);
        limits.reset_after = connection.reset_after;
        limits.idle_timeout = connection.idle_timeout;
        limits.max_lifetime = connection.max_lifetime;
        limits.max_targets_per_connection = connection.max_tenants_per_connection;
        limits.max_targets = self.config.isolation().max_pools;
        limits.target_ttl = self.config.isolation().pool_ttl;
        let hooks = self.hooks.clone();
        let logs = self.config.debug().logs_pool_events();
        let (each, all) = (connection.statement_cache_size, connection.max_prepared_statements);
        let driver = PgDriver::new(each, all, move |event| {
            if logs {
                log(&event);
            }
            let tenant = |target| names.get()?.upgrade()?.tenant_of(target);
            match event {
                Event::TargetCreated(target) => {
                    if let Some(tenant) = tenant(target) {
                        hooks.pool_created(&tenant);
                    }
                }
                Event::TargetEvicted(target) => {
                    if let Some(tenant) = tenant(target) {
                        hooks.pool_evicted(&tenant);
                    }
                }
                _ => {}
            }
        });
        Pool::new(driver, limits)
    }

    /// What a tenant's search_path holds beside its own schema.
    fn beside(&self) -> Vec<Identifier> {
        let isolation = self.config.isolation();
        let mut beside = isolation.extension_schemas.clone();
        if isolation.fallthrough {
            beside.push(isolation.shared_schema.clone());
        }
        beside
    }
}

fn log(event: &Event<'_, PgDriver>) {
    match event {
        Event::Opened { server, open } => {
            tracing::info!(target: "tenantry::pool", ?server, open, "connection opened");
        }
        Event::OpenFailed { server, error } => {
            tracing::warn!(target: "tenantry::pool", ?server, %error, "connection not opened");
        }
        Event::Closed { reason } => {
            tracing::info!(target: "tenantry::pool", ?reason, "connection closed");
        }
        Event::TargetCreated(target) => {
            tracing::info!(target: "tenantry::pool", %target, "pool created");
        }
        Event::TargetEvicted(target) => {
            tracing::info!(target: "tenantry::pool", %target, "pool evicted");
        }
        _ => {}
    }
}
