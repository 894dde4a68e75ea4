use std::collections::BTreeMap;

use tenantry::{Tenant, TenantId};

use super::Migrator;
use crate::{
    Failure, Migration, Migrations, PendingMigration, Result, SchemaStatus, SharedStatus,
    StatusReport, TenantDetails, TenantStatusReport,
    ledger::{self, State},
    plan,
    site::Site,
};

impl Migrator {
    /// How every tenant and the shared schema stand. Writes nothing.
    ///
    /// A project without a folder of shared migrations has none.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Folder`](crate::MigrateError::Folder);
    /// [`MigrateError::Tenantry`](crate::MigrateError::Tenantry) when the tenants or their ledgers
    /// can't be read.
    pub async fn status(&self) -> Result<StatusReport> {
        let files = self.tenant_migrations()?;
        let shared = self.shared_status().await?;
        let all = self.list().await?;
        let sites: Vec<Site> = all.iter().map(|tenant| self.site(tenant)).collect();
        let every_site: Vec<&Site> = sites.iter().collect();
        let states = ledger::read_all(&self.manager.shared(), &every_site).await?;
        let mut lacking: BTreeMap<i64, PendingMigration> = BTreeMap::new();
        let mut tenants = Vec::with_capacity(all.len());
        for ((tenant, site), state) in all.iter().zip(&sites).zip(&states) {
            let (report, pending) = standing(&tenant.id, site, &files, state);
            for file in pending {
                let name = file.name.clone();
                let entry = lacking.entry(file.number);
                entry.or_insert(PendingMigration { name, tenants: 0 }).tenants += 1;
            }
            tenants.push(report);
        }
        let pending_migrations = lacking.into_values().rev().collect();
        Ok(StatusReport { shared, tenants, pending_migrations })
    }

    /// How the shared schema stands. Writes nothing.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    pub async fn shared_status(&self) -> Result<SharedStatus> {
        let folder = &self.manager.config().migrations().shared_dir;
        let files = Migrations::read_shared_if_there(folder)?.unwrap_or(Migrations::none(folder));
        let site = self.shared_site();
        // It is made by its first migration.
        let state = match ledger::read(&mut self.manager.shared(), &site).await? {
            State::NoSchema => State::NoLedger,
            state => state,
        };
        let Standing { applied, pending, status, error } = Standing::of(&site, &files, &state);
        let schema = site.schema;
        Ok(SharedStatus { schema, applied, pending: pending.len(), status, error })
    }

    /// A tenant, and how its schema stands. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`tenantry::Error::TenantNotFound`], and as [`status`](Self::status).
    pub async fn show(&self, id: &TenantId) -> Result<TenantDetails> {
        let files = self.tenant_migrations()?;
        let tenant = self.manager.catalog().get(id).await?;
        let site = self.site(&tenant);
        let states = ledger::read_all(&self.manager.shared(), &[&site]).await?;
        let state = states.first().unwrap_or(&State::NoSchema);
        let (migrations, pending) = standing(id, &site, &files, state);
        let pending = pending.into_iter().map(|file| file.name.clone()).collect();
        Ok(TenantDetails { tenant: Tenant::clone(&tenant), migrations, pending })
    }
}

/// How a schema stands.
struct Standing<'a> {
    applied: usize,
    pending: Vec<&'a Migration>,
    status: SchemaStatus,
    error: Option<Failure>,
}

impl<'a> Standing<'a> {
    fn of(site: &Site, files: &'a Migrations, state: &State) -> Self {
        let applied = plan::applied(state);
        match plan::pending(files, state, site) {
            Ok(pending) => {
                let status =
                    if pending.is_empty() { SchemaStatus::Ok } else { SchemaStatus::Behind };
                Self { applied, pending, status, error: None }
            }
            Err(failure) => {
                let is_missing = *state == State::NoSchema;
                let status = if is_missing { SchemaStatus::Missing } else { SchemaStatus::Failed };
                Self { applied, pending: Vec::new(), status, error: Some(*failure) }
            }
        }
    }
}

fn standing<'a>(
    id: &TenantId,
    site: &Site,
    files: &'a Migrations,
    state: &State,
) -> (TenantStatusReport, Vec<&'a Migration>) {
    let Standing { applied, pending, status, error } = Standing::of(site, files, state);
    let report = TenantStatusReport {
        id: id.clone(),
        schema: site.schema.clone(),
        applied,
        pending: pending.len(),
        status,
        error,
    };
    (report, pending)
}
