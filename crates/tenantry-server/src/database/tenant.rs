use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;
use tenantry::{TenantDb, TenantId, tokio_postgres::types::Type};
use tokio::runtime::Handle;

use super::{
    catalog::{self, Catalog},
    error::DbError,
    guard,
    limits::{LEAST, LEAST_ALONE, Places},
    manager::Shared,
    task::TaskData,
    verify::verify,
};

/// One tenant's data, for its JavaScript: what answers the operations `db.*` of its isolates.
#[derive(Clone)]
pub struct TenantDatabase(pub(super) Arc<Tenant>);

/// What is known of one tenant.
pub(super) struct Tenant {
    pub(super) id: TenantId,
    pub(super) shared: Arc<Shared>,
    /// Places for statements and transactions.
    pub(super) places: Arc<Places>,
    /// Places for statements in no transaction, which take one of the others, too.
    pub(super) alone: Arc<Places>,
    known: Mutex<Known>,
    runtime: Handle,
}

/// What was read, as of the last migration.
#[derive(Default)]
struct Known {
    catalog: Option<(Arc<Catalog>, Instant)>,
    /// Texts that were found harmless, and the types of their parameters.
    texts: Option<LruCache<Box<str>, Arc<[Type]>>>,
    /// Changes when everything is forgotten.
    generation: u64,
}

/// How many texts of a tenant are remembered.
const TEXTS: usize = 500;
/// Longer texts are not remembered.
const LONGEST_TEXT: usize = 8 << 10;
/// How soon a catalog that lacks something may be read anew.
const REREAD_AFTER: Duration = Duration::from_secs(1);
/// How long a catalog counts, should nobody tell of migrations.
const KEPT_FOR: Duration = Duration::from_secs(300);

impl TenantDatabase {
    /// What belongs to a task of this tenant's that begins.
    #[must_use]
    pub fn task(&self) -> Arc<TaskData> {
        let max_open = self.0.shared.config.max_open_per_request;
        Arc::new(TaskData::new(max_open, self.0.runtime.clone()))
    }

    /// Whether as many wait for a place as may: another statement is answered `DATABASE_BUSY`.
    pub(crate) fn is_full(&self) -> bool {
        self.0.places.is_full() || self.0.alone.is_full()
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.0.id
    }
}

impl fmt::Debug for TenantDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDatabase").field("tenant", &self.0.id).finish_non_exhaustive()
    }
}

impl Tenant {
    pub(super) fn new(id: TenantId, shared: Arc<Shared>) -> Self {
        let config = &shared.config;
        // What the pool would give it beyond its part it would take back only when others wait already.
        let part = shared.manager.config().connection().max_per_tenant;
        let most = config.max_open.min(part);
        let of = |least| Places::new(most, least, config.max_waiting, config.wait_timeout);
        let (places, alone) = (of(LEAST), of(LEAST_ALONE));
        Self { id, places, alone, shared, known: Mutex::default(), runtime: Handle::current() }
    }

    /// The tenant's handle, as the catalog of tenants has it now.
    pub(super) async fn db(&self) -> Result<TenantDb, DbError> {
        let manager = &self.shared.manager;
        match manager.db(&self.id) {
            Err(tenantry::Error::CatalogStale(_)) => {
                let tenant = manager.tenant(&self.id).await?;
                Ok(manager.db_of(&tenant)?)
            }
            db => Ok(db?),
        }
    }

    /// The role that statements run as, if one is configured.
    pub(super) fn role(&self) -> Option<String> {
        let template = self.shared.config.role_template.as_ref()?;
        Some(template.replace("{id}", self.id.as_str()))
    }

    /// The tenant's tables. Read anew where something was not found, unless that was done just now.
    pub(super) async fn catalog(&self, lacks: bool) -> Result<Arc<Catalog>, DbError> {
        let (known, generation) = {
            let known = self.known();
            (known.catalog.clone(), known.generation)
        };
        let longest = if lacks { REREAD_AFTER } else { KEPT_FOR };
        if let Some((catalog, _)) = known.filter(|(_, read)| read.elapsed() < longest) {
            return Ok(catalog);
        }
        let mut db = self.db().await?;
        let tenant = Arc::clone(db.tenant());
        let schema = tenant.placement.schema.as_str();
        let rows = db.query(catalog::TABLES, &[&schema]).await?;
        let catalog = Arc::new(catalog::read(&rows, None)?);
        let mut known = self.known();
        if known.generation == generation {
            known.catalog = Some((Arc::clone(&catalog), Instant::now()));
        }
        Ok(catalog)
    }

    /// The types of a text's parameters, if it may be run.
    pub(super) async fn check(&self, sql: &str) -> Result<Arc<[Type]>, DbError> {
        if sql.len() > self.shared.config.max_sql_bytes {
            return Err(DbError::new(
                "SQL_TOO_LONG",
                "the statement is longer than database.max_sql_bytes",
            ));
        }
        let generation = {
            let mut known = self.known();
            if let Some(types) = known.texts.as_mut().and_then(|texts| texts.get(sql)) {
                return Ok(Arc::clone(types));
            }
            known.generation
        };
        let reading = guard::read(sql, self.shared.functions().await?)?;
        let shared_schema = self.shared.manager.config().isolation().shared_schema.as_str();
        let db = self.db().await?;
        let types: Arc<[Type]> = verify(&db, shared_schema, sql, &reading).await?.into();
        let mut known = self.known();
        if known.generation == generation && sql.len() <= LONGEST_TEXT {
            let texts = known.texts.get_or_insert_with(LruCache::unbounded);
            texts.put(sql.into(), Arc::clone(&types));
            while texts.len() > TEXTS {
                texts.pop_lru();
            }
        }
        Ok(types)
    }

    /// The tenant was migrated: nothing that was read counts.
    pub(super) fn forget(&self) {
        let mut known = self.known();
        *known = Known { generation: known.generation + 1, ..Known::default() };
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
