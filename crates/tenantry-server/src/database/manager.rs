use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use tenantry::{Migrated, TenantId, TenantManager};
use tenantry_js::Script;
use tokio::{
    sync::{OnceCell, broadcast::error::RecvError},
    task::AbortHandle,
};

use super::{
    catalog::{self, Catalog},
    config::DatabaseConfig,
    error::DbError,
    guard::Functions,
    tenant::{Tenant, TenantDatabase},
};

/// The tenants' data, for their JavaScript. A server has one; clones share everything.
#[derive(Clone, Debug)]
pub struct Database {
    shared: Arc<Shared>,
    /// Ends with the last clone.
    _listener: Arc<Listener>,
}

/// What all tenants have in common.
pub(super) struct Shared {
    pub(super) manager: TenantManager,
    pub(super) config: DatabaseConfig,
    functions: OnceCell<Functions>,
    /// The shared schema's tables.
    tables: Mutex<Option<Arc<Catalog>>>,
    tenants: Mutex<HashMap<TenantId, Weak<Tenant>>>,
}

/// The functions that are not the tenants' own, and whether strings are read as the guard reads them.
const FUNCTIONS: &str = "\
    SELECT DISTINCT p.proname::pg_catalog.text, \
    pg_catalog.current_setting('standard_conforming_strings')::pg_catalog.text \
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    WHERE n.nspname = 'pg_catalog' OR n.nspname = ANY ($1)";

impl Database {
    /// The data of the tenants of `manager`. No I/O. Must be called on a tokio runtime, which
    /// open transactions are rolled back on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(manager: TenantManager, config: DatabaseConfig) -> Self {
        let shared = Arc::new(Shared {
            manager,
            config,
            functions: OnceCell::new(),
            tables: Mutex::default(),
            tenants: Mutex::default(),
        });
        let listener = Listener(tokio::spawn(listen(Arc::downgrade(&shared))).abort_handle());
        Self { shared, _listener: Arc::new(listener) }
    }

    /// One tenant's data. No I/O: a tenant that is not there is an error of its first statement.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> TenantDatabase {
        let mut tenants = self.shared.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tenants.get(id).and_then(Weak::upgrade);
        let tenant = known.unwrap_or_else(|| {
            tenants.retain(|_, tenant| tenant.strong_count() > 0);
            let tenant = Arc::new(Tenant::new(id.clone(), Arc::clone(&self.shared)));
            tenants.insert(id.clone(), Arc::downgrade(&tenant));
            tenant
        });
        TenantDatabase(tenant)
    }

    /// The script that makes `db` in JavaScript; its module is `prelude:database`.
    #[must_use]
    pub fn prelude() -> Script {
        static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
            Script::new("database", include_str!("../../js/database/database.js"))
        });
        SCRIPT.clone()
    }
}

impl Shared {
    /// Which functions may be called; asked for once.
    pub(super) async fn functions(&self) -> Result<&Functions, DbError> {
        self.functions
            .get_or_try_init(async || {
                let isolation = self.manager.config().isolation();
                let mut schemas: Vec<&str> =
                    isolation.extension_schemas.iter().map(|schema| schema.as_str()).collect();
                if isolation.fallthrough {
                    schemas.push(isolation.shared_schema.as_str());
                }
                let rows = self.manager.shared().query(FUNCTIONS, &[&schemas]).await?;
                let mut names = Vec::with_capacity(rows.len());
                for row in rows {
                    let (name, strings): (&str, &str) = (row.get(0), row.get(1));
                    if strings != "on" {
                        let message = "db.query needs standard_conforming_strings = on";
                        return Err(DbError::new("DATABASE_UNAVAILABLE", message));
                    }
                    names.push(name.into());
                }
                let added = self.config.functions.iter().map(|name| name.as_str().into());
                Ok(Functions::new(names, added))
            })
            .await
    }

    /// The shared schema's tables. Read anew where `is_stale`.
    pub(super) async fn tables(&self, is_stale: bool) -> Result<Arc<Catalog>, DbError> {
        let kept = || self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().clone();
        if let Some(catalog) = known.filter(|_| !is_stale) {
            return Ok(catalog);
        }
        let schema = self.manager.config().isolation().shared_schema.as_str();
        let rows = self.manager.shared().query(catalog::TABLES, &[&schema]).await?;
        let catalog = Arc::new(catalog::read(&rows, Some(schema))?);
        *kept() = Some(Arc::clone(&catalog));
        Ok(catalog)
    }

    fn forget(&self, migrated: &Migrated) {
        *self.tables.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, tenant) in tenants.iter() {
            if let Some(tenant) = tenant.upgrade().filter(|_| migrated.concerns(id)) {
                tenant.forget();
            }
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What hears of migrations. Ends with its owner.
#[derive(Debug)]
struct Listener(AbortHandle);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Forgets what is known of tenants that were migrated.
async fn listen(shared: Weak<Shared>) {
    let Some(mut announcements) = shared.upgrade().map(|shared| shared.manager.on_migrated())
    else {
        return;
    };
    loop {
        let migrated = match announcements.recv().await {
            Ok(migrated) => migrated,
            Err(RecvError::Lagged(_)) => Migrated::All,
            Err(RecvError::Closed) => return,
        };
        let Some(shared) = shared.upgrade() else { return };
        shared.forget(&migrated);
    }
}
