use tenantry::{NewTenant, Tenant, TenantId, TenantStatus, Transaction};

use super::{Migrator, run::check_names, terms};
use crate::{
    CreatedTenant, Failure, MigrateOptions, Result, TenantReport,
    apply::{NotApplied, Piece, apply_within},
    ledger,
    plan::{self, Order},
    site::Site,
    step::{Body, Series, Step, Work},
};

impl Migrator {
    /// Makes a tenant: its row in the catalog, its schema, and all migrations unless `migrate` is
    /// false.
    ///
    /// **All of it is one transaction.** When a migration fails, when this future is dropped, or
    /// when the process is killed, nothing of the tenant remains, and it can be made again; until
    /// everything is there, no application sees the tenant. So, other than in
    /// [`migrate`](Self::migrate), no file can rely on the commit of an earlier one (as one that
    /// alters a table needs whose deferred constraints wait for it): make such a tenant without
    /// migrating, then migrate it.
    ///
    /// Where a migration refuses a transaction, the tenant is made suspended, migrated file by file, and
    /// made active when it has everything; when one fails, it is dropped again.
    ///
    /// A tenant that [brings a schema](NewTenant::schema) gets it with what is in it: what its
    /// ledger lacks is applied. Any other schema must not be there: whose data it holds is unknown.
    ///
    /// # Errors
    ///
    /// [`tenantry::Error::SchemaNameInvalid`]; [`tenantry::Error::TenantExists`] when its id, schema or a domain is
    /// taken; [`MigrateError::Failed`](crate::MigrateError::Failed) with a file's failure or
    /// `SCHEMA_EXISTS`, or with `FOREIGN_SCHEMA` where a file names a tenant's schema;
    /// [`MigrateError::Folder`](crate::MigrateError::Folder).
    pub async fn create_tenant(&self, new: NewTenant, migrate: bool) -> Result<CreatedTenant> {
        let files = if migrate { Some(self.tenant_series()?) } else { None };
        if let Some(series) = &files {
            check_names(self, series.steps().iter()).await?;
        }
        let catalog = self.manager.catalog();
        let schema = catalog.schema_for(&new)?;
        let site = Site::of_tenant(schema.as_identifier(), self.manager.config());
        if files.as_ref().is_some_and(|series| series.steps().iter().any(Step::is_alone)) {
            return self.create_in_steps(new).await;
        }

        let mut tx = self.manager.shared().begin().await?;
        catalog.create_within(&mut tx, &new).await?;
        let made = async {
            make_schema(&mut tx, &site, new.brings_schema()).await?;
            match &files {
                Some(files) => self.migrate_within(&mut tx, &site, files, new.tenant_id()).await,
                None => Ok(Vec::new()),
            }
        };
        let applied = match made.await {
            Ok(applied) => applied,
            Err(failure) => {
                // If the connection is lost, PostgreSQL rolls back by itself.
                let _ = tx.rollback().await;
                return Err(failure.into());
            }
        };
        tx.commit().await?;
        // Takes the new row into this process's index, too.
        let tenant = catalog.get(new.tenant_id()).await?;
        Ok(CreatedTenant { tenant: Tenant::clone(&tenant), applied })
    }

    /// Makes a tenant whose migrations cannot all be one transaction: it is suspended until they
    /// are done, and dropped again if they fail.
    async fn create_in_steps(&self, new: NewTenant) -> Result<CreatedTenant> {
        let id = new.tenant_id().clone();
        let brings_schema = new.brings_schema();
        let catalog = self.manager.catalog();
        let site =
            Site::of_tenant(catalog.schema_for(&new)?.as_identifier(), self.manager.config());
        let mut tx = self.manager.shared().begin().await?;
        catalog.create_within(&mut tx, &new).await?;
        let suspend = "UPDATE tenantry.tenants SET status = 'suspended' WHERE id = $1";
        let made = async {
            make_schema(&mut tx, &site, brings_schema).await?;
            tx.execute(suspend, &[&id.as_str()]).await.map_err(Failure::from)
        };
        if let Err(failure) = made.await {
            let _ = tx.rollback().await;
            return Err(failure.into());
        }
        tx.commit().await?;
        let options = MigrateOptions::new().record(false);
        let report = self.migrate(std::slice::from_ref(&id), &options).await?;
        let tenant = report.tenants.into_iter().next();
        match tenant {
            Some(TenantReport { error: None, applied, .. }) => {
                let tenant = catalog.set_status(&id, TenantStatus::Active).await?;
                Ok(CreatedTenant { tenant: Tenant::clone(&tenant), applied })
            }
            failed => {
                // What was in a schema that was brought is not ours to drop.
                match brings_schema {
                    true => catalog.delete(&id).await?,
                    false => drop(self.drop_tenant(&id).await?),
                }
                let failure = failed.and_then(|tenant| tenant.error);
                let unknown = || Failure::new("MIGRATION_FAILED", "it was stopped".to_owned());
                Err(failure.unwrap_or_else(unknown).into())
            }
        }
    }

    async fn migrate_within(
        &self,
        tx: &mut Transaction,
        site: &Site,
        series: &Series,
        tenant: &TenantId,
    ) -> Result<Vec<String>, Failure> {
        let state = ledger::read(tx, site).await?;
        tx.batch_execute(&ledger::create(site)).await?;
        let terms = terms(self.manager.config(), site, Some(tenant)).map_err(|failure| *failure)?;
        let pending = plan::pending(series, &state, site, Order::Strict).map_err(|error| *error)?;
        let mut applied = Vec::new();
        for step in pending {
            let body;
            let piece = match &step.work {
                Work::Sql(file) => {
                    body = Body::up(file, site, Some(tenant));
                    Piece::File(step, &body)
                }
                Work::Rust(code) => Piece::Code(step, code.as_ref()),
            };
            match apply_within(tx, &terms, &[piece]).await {
                Ok(()) => applied.push(step.name.to_string()),
                Err(NotApplied::Failed(failure) | NotApplied::Locked(failure)) => {
                    return Err(failure);
                }
                Err(_) => {
                    let message = "the ledger has changed under the schema's lock".to_owned();
                    return Err(Failure::new("MIGRATION_FAILED", message).in_file(&step.name));
                }
            }
        }
        Ok(applied)
    }
}

async fn make_schema(tx: &mut Transaction, site: &Site, may_exist: bool) -> Result<(), Failure> {
    tx.batch_execute(&site.lock()).await?;
    let perhaps = if may_exist { "IF NOT EXISTS " } else { "" };
    let made = tx.batch_execute(&format!("CREATE SCHEMA {perhaps}{}", site.quoted)).await;
    made.map_err(|error| match error.sqlstate() {
        Some("42P06") => {
            let message = format!("the schema {} is there, and no tenant has it", site.quoted);
            Failure::new("SCHEMA_EXISTS", message).hint(
                "if its data is the new tenant's, name the schema (--schema); if nobody needs it, \
                 drop it",
            )
        }
        _ => error.into(),
    })
}
