mod grouping;
mod standing;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tenantry::{Tenant, TenantId};

use self::{
    grouping::{Groups, summarise},
    standing::{Standing, Standings},
};
use super::Migrator;
use crate::{
    PendingMigration, Result, SchemaStatus, SharedStatus, StatusOptions, StatusReport,
    TenantDetails, TenantStatusReport,
    ledger::{self, State},
    naming,
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
        self.status_of(&StatusOptions::new()).await
    }

    /// How some tenants, and the shared schema, stand. Writes nothing.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status), and [`tenantry::Error::TenantNotFound`] for an id that is no
    /// tenant's; [`MigrateError::Failed`](crate::MigrateError::Failed) with `MIGRATION_UNKNOWN`
    /// for a name that is no migration's.
    pub async fn status_of(&self, options: &StatusOptions) -> Result<StatusReport> {
        let files = self.tenant_series()?;
        let lacking = match &options.lacking {
            Some(name) => Some(naming::find(&files, name)?.number),
            None => None,
        };
        let shared = self.shared_status().await?;
        let all = self.chosen(&options.tenants).await?;
        let sites: Vec<Site> = all.iter().map(|tenant| self.site(tenant)).collect();
        let every_site: Vec<&Site> = sites.iter().collect();
        let states = ledger::read_all(&self.manager.shared(), &every_site).await?;

        let mut standings = Standings::new(&files);
        let mut pending: BTreeMap<i64, PendingMigration> = BTreeMap::new();
        let mut tenants = Vec::with_capacity(all.len());
        let mut groups = Groups::default();
        for ((tenant, site), state) in all.iter().zip(&sites).zip(&states) {
            let standing = standings.of(site, state);
            if !is_wanted(options, lacking, &standing) {
                continue;
            }
            for file in &standing.pending {
                let entry = pending.entry(file.number);
                let name = || PendingMigration { name: file.name.to_string(), tenants: 0 };
                entry.or_insert_with(name).tenants += 1;
            }
            groups.add(&tenant.id, &standing);
            tenants.push(standing.of_tenant(&tenant.id, site));
        }
        let pending_migrations = pending.into_values().rev().collect();
        let (summary, groups) = (summarise(&tenants), groups.into_largest_first());
        let is_filtered = options.is_filtered();
        Ok(StatusReport { is_filtered, shared, summary, groups, tenants, pending_migrations })
    }

    /// How the shared schema stands. Writes nothing.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    pub async fn shared_status(&self) -> Result<SharedStatus> {
        let files = self.shared_series_if_there()?;
        let site = self.shared_site();
        // It is made by its first migration.
        let state = match ledger::read(&mut self.manager.shared(), &site).await? {
            State::NoSchema => State::NoLedger,
            state => state,
        };
        let Standing { applied, pending, status, error, .. } = Standing::of(&site, &files, &state);
        let schema = site.schema;
        Ok(SharedStatus { schema, applied, pending: pending.len(), status, error })
    }

    /// A tenant, and how its schema stands. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`tenantry::Error::TenantNotFound`], and as [`status`](Self::status).
    pub async fn show(&self, id: &TenantId) -> Result<TenantDetails> {
        let files = self.tenant_series()?;
        let tenant = self.manager.catalog().get(id).await?;
        let site = self.site(&tenant);
        let states = ledger::read_all(&self.manager.shared(), &[&site]).await?;
        let standing =
            Standing::of(&site, &files, states.first().map_or(&State::NoSchema, |state| state));
        let pending = standing.pending.iter().map(|file| file.name.to_string()).collect();
        let migrations: TenantStatusReport = standing.of_tenant(id, &site);
        Ok(TenantDetails { tenant: Tenant::clone(&tenant), migrations, pending })
    }

    /// These tenants by id, or all if there are none.
    async fn chosen(&self, ids: &[TenantId]) -> Result<Vec<Arc<Tenant>>> {
        if ids.is_empty() {
            return self.list().await;
        }
        let mut tenants = Vec::with_capacity(ids.len());
        for id in ids.iter().collect::<BTreeSet<_>>() {
            tenants.push(self.manager.catalog().get(id).await?);
        }
        Ok(tenants)
    }
}

fn is_wanted(options: &StatusOptions, lacking: Option<i64>, standing: &Standing<'_>) -> bool {
    let by_status = match standing.status {
        _ if !options.behind && !options.failed => true,
        SchemaStatus::Ok => false,
        SchemaStatus::Behind => options.behind,
        SchemaStatus::Failed | SchemaStatus::Missing => options.failed,
    };
    let lacks = |number| standing.pending.iter().any(|file| file.number == number);
    by_status && lacking.is_none_or(lacks)
}
