//! What runs migrations.

mod adopt;
mod bring_up;
mod correct;
mod create;
mod drop;
mod lane;
mod outcome;
mod pace;
mod rollback;
mod run;
mod seed;
mod status;

use std::sync::Arc;

use tenantry::{Config, Tenant, TenantId, TenantManager};

pub(crate) use self::run::Which;

use crate::{
    Failure, MigrateOptions, MigrateReport, Migrations, Result, RustMigration,
    apply::{Terms, Way},
    guard::Guard,
    site::Site,
    step::Series,
};

/// Runs migrations over tenants, and makes and drops tenants.
///
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Migrator {
    manager: TenantManager,
    sources: Arc<Sources>,
}

/// Where migrations come from, beside or in place of the folders of the configuration.
#[derive(Clone, Debug, Default)]
struct Sources {
    tenant: Option<Migrations>,
    shared: Option<Migrations>,
    tenant_code: Vec<Arc<dyn RustMigration>>,
    shared_code: Vec<Arc<dyn RustMigration>>,
}

impl Migrator {
    /// A migrator for these tenants. The manager's configuration says where the migrations are.
    #[must_use]
    pub fn new(manager: TenantManager) -> Self {
        Self { manager, sources: Arc::default() }
    }

    /// Takes tenants' migrations from here, and not from the folder of the configuration: those
    /// that are [embedded](crate::embedded) in the program, for example.
    #[must_use]
    pub fn tenant_migrations(self, migrations: Migrations) -> Self {
        self.with(|sources| sources.tenant = Some(migrations))
    }

    /// Takes the shared schema's migrations from here, and not from the folder of the
    /// configuration.
    #[must_use]
    pub fn shared_migrations(self, migrations: Migrations) -> Self {
        self.with(|sources| sources.shared = Some(migrations))
    }

    /// Adds a migration of tenants in Rust, among the files by its number.
    #[must_use]
    pub fn tenant_migration(self, migration: impl RustMigration + 'static) -> Self {
        self.with(|sources| sources.tenant_code.push(Arc::new(migration)))
    }

    /// Adds a migration of the shared schema in Rust.
    #[must_use]
    pub fn shared_migration(self, migration: impl RustMigration + 'static) -> Self {
        self.with(|sources| sources.shared_code.push(Arc::new(migration)))
    }

    fn with(mut self, change: impl FnOnce(&mut Sources)) -> Self {
        change(Arc::make_mut(&mut self.sources));
        self
    }

    /// The manager.
    #[must_use]
    pub fn manager(&self) -> &TenantManager {
        &self.manager
    }

    /// Applies what is lacking to every tenant, whatever its status: a suspended or archived one
    /// may come back.
    ///
    /// A tenant that fails does not stop the others. Dropping the future stops it all: what was
    /// under way is rolled back.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Folder`](crate::MigrateError::Folder), before anything has run;
    /// [`MigrateError::Tenantry`](crate::MigrateError::Tenantry) when the tenants or their ledgers
    /// can't be read. What goes wrong with one tenant is in the report.
    pub async fn migrate_all(&self, options: &MigrateOptions) -> Result<MigrateReport> {
        run::run(self, Which::All, options, None).await
    }

    /// Applies what is lacking to these tenants. An id that is no tenant's fails like a tenant
    /// would.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all).
    pub async fn migrate(
        &self,
        ids: &[TenantId],
        options: &MigrateOptions,
    ) -> Result<MigrateReport> {
        run::run(self, Which::These(ids), options, None).await
    }

    /// Applies what is lacking to the shared schema, which is made if it isn't there.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all).
    pub async fn migrate_shared(&self, options: &MigrateOptions) -> Result<MigrateReport> {
        run::run(self, Which::None, &options.clone().shared(true), None).await
    }

    /// Applies what is lacking to the shared schema, then to every tenant; to none, if the shared
    /// schema's migrations fail.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all).
    pub async fn migrate_all_with_shared(&self, options: &MigrateOptions) -> Result<MigrateReport> {
        run::run(self, Which::All, &options.clone().shared(true), None).await
    }

    /// All tenants, of every status, by id.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn list(&self) -> Result<Vec<Arc<Tenant>>> {
        Ok(self.manager.catalog().list().await?)
    }

    /// The tenants' migrations: files, and those in Rust among them.
    fn tenant_series(&self) -> Result<Series> {
        let files = match &self.sources.tenant {
            Some(files) => files.clone(),
            None => Migrations::read(&self.manager.config().migrations().tenant_dir)?,
        };
        Ok(Series::new(files, &self.sources.tenant_code)?)
    }

    /// The shared schema's migrations.
    fn shared_series(&self) -> Result<Series> {
        let files = match &self.sources.shared {
            Some(files) => files.clone(),
            None => Migrations::read_shared(&self.manager.config().migrations().shared_dir)?,
        };
        Ok(Series::new(files, &self.sources.shared_code)?)
    }

    /// The shared schema's migrations, if there are any.
    fn shared_series_if_there(&self) -> Result<Series> {
        let folder = &self.manager.config().migrations().shared_dir;
        let files = match &self.sources.shared {
            Some(files) => files.clone(),
            None => Migrations::read_shared_if_there(folder)?.unwrap_or(Migrations::none(folder)),
        };
        Ok(Series::new(files, &self.sources.shared_code)?)
    }

    fn site(&self, tenant: &Tenant) -> Site {
        Site::of_tenant(tenant.placement.schema.as_identifier(), self.manager.config())
    }

    fn shared_site(&self) -> Site {
        Site::of_shared(self.manager.config())
    }
}

/// Goes on with a run.
pub(crate) async fn go_on(
    migrator: &Migrator,
    ids: Option<&[TenantId]>,
    options: &MigrateOptions,
    run: i64,
) -> Result<MigrateReport> {
    let which = ids.map_or(Which::All, Which::These);
    run::run(migrator, which, options, Some(run)).await
}

/// How migrations run in a schema.
fn terms<'a>(
    config: &Config,
    site: &'a Site,
    tenant: Option<&'a TenantId>,
) -> Result<Terms<'a>, Box<Failure>> {
    let migrations = config.migrations();
    let role = match (&migrations.role, tenant) {
        (Some(template), Some(tenant)) => {
            let role = template.role_for(tenant);
            Some(
                role.map_err(|error| Box::new(Failure::new("ROLE_UNUSABLE", error.to_string())))?
                    .quoted(),
            )
        }
        _ => None,
    };
    Ok(Terms {
        site,
        lock_timeout: migrations.lock_timeout,
        statement_timeout: migrations.statement_timeout,
        role,
        guard: tenant.map(|_| Guard::new(site, config)),
        tenant,
        way: Way::Up,
    })
}
