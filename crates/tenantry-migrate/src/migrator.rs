//! What runs migrations.

mod adopt;
mod bring_up;
mod create;
mod drop;
mod lane;
mod outcome;
mod pace;
mod run;
mod status;

use std::sync::Arc;

use tenantry::{Tenant, TenantId, TenantManager};

use crate::{MigrateOptions, MigrateReport, Migrations, Result, site::Site};

/// Runs migrations over tenants, and makes and drops tenants.
///
/// Cheap to clone; it has no state but the manager.
#[derive(Clone, Debug)]
pub struct Migrator {
    manager: TenantManager,
}

impl Migrator {
    /// A migrator for these tenants. The manager's configuration says where the migrations are.
    #[must_use]
    pub fn new(manager: TenantManager) -> Self {
        Self { manager }
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
        run::run(self, run::Which::All, options).await
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
        run::run(self, run::Which::These(ids), options).await
    }

    /// Applies what is lacking to the shared schema, which is made if it isn't there.
    ///
    /// # Errors
    ///
    /// As [`migrate_all`](Self::migrate_all).
    pub async fn migrate_shared(&self, options: &MigrateOptions) -> Result<MigrateReport> {
        run::run(self, run::Which::None, &options.clone().shared(true)).await
    }

    /// All tenants, of every status, by id.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn list(&self) -> Result<Vec<Arc<Tenant>>> {
        Ok(self.manager.catalog().list().await?)
    }

    fn tenant_migrations(&self) -> Result<Migrations> {
        Ok(Migrations::read(&self.manager.config().migrations().tenant_dir)?)
    }

    fn site(&self, tenant: &Tenant) -> Site {
        Site::of_tenant(tenant.placement.schema.as_identifier(), self.manager.config())
    }

    fn shared_site(&self) -> Site {
        Site::of_shared(self.manager.config())
    }
}
