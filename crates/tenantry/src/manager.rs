//! What an application has one of.

mod budget;
mod builder;
mod closing;
mod extensions;
mod health;
mod metrics;
mod versions;
mod warmup;

use std::sync::Arc;

use tokio::sync::broadcast;

pub use self::{
    budget::BudgetMetrics,
    builder::TenantManagerBuilder,
    closing::{CloseReport, CutOff},
    health::{HealthCheckResult, HealthOptions, HealthStatus, PoolHealth},
    metrics::{ConnectionMetrics, MetricsResult, PoolMetrics, SharedMetrics, TenantPoolMetrics},
    warmup::{TenantWarmupResult, WarmupOptions, WarmupProgress, WarmupResult},
};

use crate::{
    Catalog, Config, Error, Migrated, Result, RetryConfig, SchemaName, SharedDb, SharedSession,
    Tenant, TenantDb, TenantId, TenantSession,
    access::{Access, Reach},
    catalog::{Index, Resident},
    db::Session,
    place::Place,
    retry::with_retry,
    versions::Known,
};

/// The tenants of one database, and the way to their data. An application has one; clones are
/// cheap and share everything.
///
/// ```no_run
/// # async fn example() -> tenantry::Result<()> {
/// use tenantry::{Config, TenantId, TenantManager};
///
/// let tenants = TenantManager::connect(Config::load()?).await?;
/// let mut db = tenants.db(&TenantId::parse("acme")?)?;
/// let names = db.query("SELECT name FROM users", &[]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TenantManager {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    reach: Arc<Reach>,
    index: Arc<Index>,
    catalog: Catalog,
    shared: Arc<Place>,
    /// Whether tenants come from the catalog, so that a row can be read for one.
    has_rows: bool,
    /// What keeps the index fresh; ends with the manager.
    keeper: Option<Keeper>,
    /// The versions that some schema has.
    known: Known,
}

/// A task that ends with its owner.
#[derive(Debug)]
struct Keeper(tokio::task::JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl TenantManager {
    /// Connects, makes the catalog if there is none, and reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when PostgreSQL cannot be reached, after the retries that
    /// `connection.retry` allows.
    pub async fn connect(config: Config) -> Result<Self> {
        Self::builder(config).connect().await
    }

    /// A manager with hooks, a discovery of its own, or for a short life.
    pub fn builder(config: Config) -> TenantManagerBuilder {
        TenantManagerBuilder::new(config)
    }

    /// A tenant at work, looked up in memory: an unknown id takes no connection.
    ///
    /// Only while the catalog cannot be heard is the tenant's row read.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`], [`Error::TenantSuspended`], [`Error::TenantArchived`]; those
    /// of a statement when the row is read.
    pub async fn tenant(&self, id: &TenantId) -> Result<Arc<Tenant>> {
        Ok(self.resident_at_work(id).await?.tenant)
    }

    /// The tenant at work that has this domain; upper case is folded.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant), and [`Error::DomainNotFound`].
    pub async fn tenant_by_domain(&self, domain: &str) -> Result<Arc<Tenant>> {
        let domain = domain.to_lowercase();
        let found = if self.is_certain() {
            self.inner.index.by_domain(&domain)?
        } else {
            Box::pin(self.inner.catalog.read_domain(&domain)).await?
        };
        Ok(Arc::clone(&found.active()?.tenant))
    }

    /// A tenant's data. No I/O.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant), and [`Error::CatalogStale`] while the catalog cannot be heard:
    /// [`db_checked`](Self::db_checked) reads the row then.
    pub fn db(&self, id: &TenantId) -> Result<TenantDb> {
        if !self.is_certain() {
            return Err(Error::CatalogStale(id.clone()));
        }
        let found = self.inner.index.get(id)?;
        Ok(self.handle(found.active()?))
    }

    /// The data of a tenant that was looked up already. No I/O.
    ///
    /// # Errors
    ///
    /// [`Error::TenantMoved`] when it has been dropped, or placed elsewhere, since.
    pub fn db_of(&self, tenant: &Arc<Tenant>) -> Result<TenantDb> {
        let found = self.inner.index.get(&tenant.id);
        match found {
            Ok(found) if found.tenant.placement == tenant.placement => Ok(self.handle(&found)),
            _ => Err(Error::TenantMoved(tenant.id.clone())),
        }
    }

    /// A tenant's data, after one round trip that shows it can be reached, with retries.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant), and those of getting a connection.
    pub async fn db_checked(&self, id: &TenantId) -> Result<TenantDb> {
        with_retry(self.retry_config(), async || {
            let found = self.resident(id).await?;
            let mut db = self.handle(found.active()?);
            db.query("SELECT 1", &[]).await?;
            Ok(db)
        })
        .await
    }

    /// The shared schema's data. No I/O.
    #[must_use]
    pub fn shared(&self) -> SharedDb {
        self.inner.catalog.db.clone()
    }

    /// The shared schema's data, after one round trip, with retries.
    ///
    /// # Errors
    ///
    /// Those of getting a connection.
    pub async fn shared_checked(&self) -> Result<SharedDb> {
        with_retry(self.retry_config(), async || {
            let mut db = self.shared();
            db.query("SELECT 1", &[]).await?;
            Ok(db)
        })
        .await
    }

    /// A connection checked out whole for a tenant, whatever its status: migrations run on
    /// suspended tenants, too.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`], and those of getting a connection.
    pub async fn session(&self, id: &TenantId) -> Result<TenantSession> {
        let found = self.resident(id).await?;
        let access = self.access(&found.place);
        let lease = access.acquire_any().await?;
        Ok(TenantSession(Session::start(access, lease).await?))
    }

    /// A connection checked out whole for the shared schema.
    ///
    /// # Errors
    ///
    /// Those of getting a connection.
    pub async fn shared_session(&self) -> Result<SharedSession> {
        let access = self.access(&self.inner.shared);
        let lease = access.acquire_any().await?;
        Ok(SharedSession(Session::start(access, lease).await?))
    }

    /// The name of a tenant's schema.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`].
    pub fn schema_name(&self, id: &TenantId) -> Result<SchemaName> {
        Ok(self.inner.index.get(id)?.tenant.placement.schema.clone())
    }

    /// Whether the tenant has a pool: it was used within `pool_ttl` and not evicted since.
    #[must_use]
    pub fn has_pool(&self, id: &TenantId) -> bool {
        let found = self.inner.index.get(id);
        found.is_ok_and(|found| self.inner.reach.pool.knows(found.place.target.id()))
    }

    /// How many tenants have a pool.
    #[must_use]
    pub fn pool_count(&self) -> usize {
        let pool = &self.inner.reach.pool;
        pool.target_count() - usize::from(pool.knows(self.inner.shared.target.id()))
    }

    /// The tenants that have a pool, the most recently used first.
    #[must_use]
    pub fn active_tenants(&self) -> Vec<TenantId> {
        let targets = self.inner.reach.pool.targets();
        targets.into_iter().filter_map(|target| self.inner.index.tenant_of(target)).collect()
    }

    /// How often and how fast failed attempts are repeated.
    #[must_use]
    pub fn retry_config(&self) -> &RetryConfig {
        self.inner.config.retry()
    }

    /// Ends a tenant's pool: its prepared statements are closed and no connection is held for
    /// it. Work that runs or waits goes on. Whether it had one.
    pub fn evict(&self, id: &TenantId) -> bool {
        let found = self.inner.index.get(id);
        found.is_ok_and(|found| self.inner.reach.pool.evict(found.place.target.id()))
    }

    /// Announcements of migrations, as this process hears them from now on: for what is kept of a
    /// tenant's schema and must be read anew. Its prepared statements have been dropped by then.
    ///
    /// Whoever gets [`RecvError::Lagged`](tokio::sync::broadcast::error::RecvError::Lagged) has
    /// missed some, and takes it for [`Migrated::All`]. After the listener had to connect anew, the
    /// announcement is `All`; while it cannot connect, or there is none
    /// ([`without_listener`](TenantManagerBuilder::without_listener), a pooler in between, tenants from
    /// elsewhere than the catalog), nothing is heard.
    #[must_use]
    pub fn on_migrated(&self) -> broadcast::Receiver<Migrated> {
        self.inner.index.announcements()
    }

    /// The registry of tenants.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Whether what the index says counts.
    fn is_certain(&self) -> bool {
        !self.inner.has_rows || self.inner.index.is_fresh()
    }

    async fn resident(&self, id: &TenantId) -> Result<Resident> {
        if self.is_certain() {
            self.inner.index.get(id)
        } else {
            // Boxed, so that the usual way stays small.
            Box::pin(self.inner.catalog.read(id)).await
        }
    }

    /// A tenant at work, and where its data lives.
    pub(crate) async fn resident_at_work(&self, id: &TenantId) -> Result<Resident> {
        let found = self.resident(id).await?;
        found.active()?;
        Ok(found)
    }

    fn handle(&self, found: &Resident) -> TenantDb {
        self.db_at(&found.place, &found.tenant)
    }

    /// The data of a tenant that lives at `place`.
    pub(crate) fn db_at(&self, place: &Arc<Place>, tenant: &Arc<Tenant>) -> TenantDb {
        TenantDb::new(self.access(place), Arc::clone(tenant))
    }

    fn access(&self, place: &Arc<Place>) -> Access {
        Access::new(Arc::clone(&self.inner.reach), Arc::clone(place))
    }
}
