//! The catalog: the registry of tenants, in the shared database.
//!
//! - [`setup`]: its tables, made on first use; [`rows`]: reading and writing them;
//! - [`index`]: what each process keeps in memory; [`listener`]: what keeps it fresh;
//! - [`migrated`]: telling every process whose tables have changed;
//! - [`discovery`]: tenants from elsewhere, for databases that have a registry of their own.

mod discovery;
mod index;
mod listener;
mod migrated;
mod new_tenant;
mod rows;
mod setup;

use std::sync::Arc;

pub(crate) use self::{
    discovery::{Discovery, Reading, discover, refresh},
    index::{Ending, Index, Resident},
    listener::listen,
    setup::{SetUp, set_up},
};
pub use self::{migrated::Migrated, new_tenant::NewTenant};

use crate::{
    Error, Placement, Result, SchemaName, SchemaTemplate, SharedDb, Tenant, TenantId, TenantStatus,
    Transaction,
};

/// The registry of tenants: reads and changes rows of `tenantry.tenants`.
///
/// A change is seen by this process at once, and by every other within a second.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) db: SharedDb,
    pub(crate) index: Arc<Index>,
    pub(crate) template: SchemaTemplate,
    /// Whether this is where tenants come from.
    pub(crate) is_source: bool,
}

impl Catalog {
    /// All tenants, of every status, by id.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn list(&self) -> Result<Vec<Arc<Tenant>>> {
        if !self.is_source {
            return Ok(self.index.all());
        }
        let rows = rows::all(&mut self.db.clone()).await?;
        Ok(rows.into_iter().map(|row| Arc::new(row.tenant)).collect())
    }

    /// One tenant, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`], and those of a statement.
    pub async fn get(&self, id: &TenantId) -> Result<Arc<Tenant>> {
        let found = if self.is_source { self.read(id).await? } else { self.index.get(id)? };
        Ok(found.tenant)
    }

    /// Adds a tenant. Its schema is not made here: that is the work of a migration.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaNameInvalid`] when the template gives no name for it;
    /// [`Error::TenantExists`] when its id, schema or a domain is taken; those of a statement.
    pub async fn create(&self, new: NewTenant) -> Result<Arc<Tenant>> {
        self.writable()?;
        let schema = self.schema_for(&new)?;
        let row = rows::insert(&mut self.db.clone(), &new, &schema).await?;
        Ok(self.index.apply(row).tenant)
    }

    /// Adds a tenant as part of a transaction that does more, such as making its schema: both
    /// are there, or neither. Once it is committed, [`get`](Self::get) takes the tenant in.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn create_within(&self, tx: &mut Transaction, new: &NewTenant) -> Result<()> {
        self.writable()?;
        rows::insert_within(tx, new, &self.schema_for(new)?).await
    }

    /// The schema of a tenant that is to be added: the one it brings, or by the template.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaNameInvalid`].
    pub fn schema_for(&self, new: &NewTenant) -> Result<SchemaName> {
        match &new.schema {
            Some(schema) => Ok(schema.clone()),
            None => Ok(self.template.schema_for(&new.id)?),
        }
    }

    /// Changes whether anybody works with a tenant. What runs for it may finish, but for an archived
    /// tenant, in every process, for five seconds only: then it is cut off.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`], and those of a statement.
    pub async fn set_status(&self, id: &TenantId, status: TenantStatus) -> Result<Arc<Tenant>> {
        self.writable()?;
        let row = rows::set_status(&mut self.db.clone(), id, status).await?;
        Ok(self.index.apply(row).tenant)
    }

    /// Sets the domains that lead to a tenant, in place of those it had.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`]; [`Error::TenantExists`] when one is another tenant's; those of
    /// a statement.
    pub async fn set_domains(&self, id: &TenantId, domains: &[&str]) -> Result<Arc<Tenant>> {
        self.writable()?;
        let row = rows::set_domains(&mut self.db.clone(), id, domains).await?;
        Ok(self.index.apply(row).tenant)
    }

    /// Takes a tenant out of the registry; its schema stays. Handles made before are of no more
    /// use; what still runs for it five seconds later is cut off, in every process.
    ///
    /// # Errors
    ///
    /// [`Error::TenantNotFound`], and those of a statement.
    pub async fn delete(&self, id: &TenantId) -> Result<()> {
        self.writable()?;
        let version = rows::delete(&mut self.db.clone(), id).await?;
        self.index.remove(id, version);
        Ok(())
    }

    /// Tells every process that these tenants' schemas have been migrated, or rolled back: their
    /// prepared statements are of no more use. Connections and what runs on them go on.
    ///
    /// In this process it counts at once, in others when their listener hears of it: in
    /// milliseconds. A process that does not hear it (no listener, or a pooler in between) finds out by
    /// the errors of PostgreSQL, and runs the statement once more. Announce many tenants together.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn announce_migrated(&self, ids: &[TenantId]) -> Result<()> {
        self.announce(Migrated::Tenants(ids.into())).await
    }

    /// Tells every process that any tenant's schema, or the shared one, may have been migrated.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn announce_all_migrated(&self) -> Result<()> {
        self.announce(Migrated::All).await
    }

    async fn announce(&self, migrated: Migrated) -> Result<()> {
        self.index.begin_generation(&migrated);
        let payloads = migrated.payloads();
        if payloads.is_empty() {
            return Ok(());
        }
        let sql = "SELECT pg_catalog.pg_notify($1, payload) FROM unnest($2::text[]) AS payload";
        self.db.clone().query(sql, &[&migrated::CHANNEL, &payloads]).await?;
        Ok(())
    }

    /// Where the template places a tenant that is not in the catalog yet.
    ///
    /// # Errors
    ///
    /// [`Error::SchemaNameInvalid`].
    pub fn placement_for(&self, id: &TenantId) -> Result<Placement> {
        Ok(Placement {
            cluster: index::DEFAULT_CLUSTER.to_owned(),
            schema: self.template.schema_for(id)?,
            generation: 0,
        })
    }

    /// Reads a tenant's row and takes it in.
    pub(crate) async fn read(&self, id: &TenantId) -> Result<Resident> {
        let found = rows::some(&mut self.db.clone(), &[id.as_str()]).await?;
        let row = found.into_iter().next().ok_or_else(|| Error::TenantNotFound(id.clone()))?;
        Ok(self.index.apply(row))
    }

    /// Reads the row of the tenant that has a domain, and takes it in.
    pub(crate) async fn read_domain(&self, domain: &str) -> Result<Resident> {
        let found = rows::by_domain(&mut self.db.clone(), domain).await?;
        let row = found.ok_or_else(|| Error::DomainNotFound(domain.to_owned()))?;
        Ok(self.index.apply(row))
    }

    fn writable(&self) -> Result<()> {
        if self.is_source {
            return Ok(());
        }
        Err(Error::application(
            "tenants come from elsewhere (discovery.source is not \"catalog\"), so they are made \
             and changed there",
        ))
    }
}
