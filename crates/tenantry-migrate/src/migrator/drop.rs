use tenantry::{TenantId, TenantStatus, Transaction};

use super::Migrator;
use crate::{DroppedTenant, Result, connection::Connection, site::Site};

/// From how many relations on a schema is dropped in parts: PostgreSQL locks each relation until
/// the transaction ends, and has room for some thousands of locks.
const MANY: i64 = 1000;
/// How many relations one transaction drops of such a schema, at most.
const PART: i64 = 50;
/// PostgreSQL has no room for one more lock.
const OUT_OF_MEMORY: &str = "53200";

impl Migrator {
    /// Drops a tenant: its schema with everything in it, then its row in the catalog.
    ///
    /// First the tenant is archived, so that applications stop working with it; then the schema
    /// goes; then the row. Whatever interrupts it, the row is there to drop the tenant again. A
    /// schema with very many tables goes in several transactions.
    ///
    /// # Errors
    ///
    /// [`tenantry::Error::TenantNotFound`], and those of a statement.
    pub async fn drop_tenant(&self, id: &TenantId) -> Result<DroppedTenant> {
        let catalog = self.manager.catalog();
        let tenant = catalog.set_status(id, TenantStatus::Archived).await?;
        let site = self.site(&tenant);
        let mut db = self.manager.shared();
        let count = "SELECT count(*) FROM pg_catalog.pg_class c \
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1";
        let relations: i64 = db.query_one(count, &[&site.schema]).await?.get(0);
        if relations > MANY {
            self.drop_in_parts(&site).await?;
        }
        let mut tx = self.locked(&site).await?;
        tx.batch(&format!("DROP SCHEMA IF EXISTS {} CASCADE", site.quoted)).await?;
        tx.commit().await?;
        catalog.delete(id).await?;
        Ok(DroppedTenant { id: id.clone(), schema: site.schema })
    }

    async fn drop_in_parts(&self, site: &Site) -> Result<()> {
        let mut part = PART;
        // What depends on others goes with them or before them.
        for kinds in ["rpf", "vm", "S"] {
            loop {
                match self.drop_part(site, kinds, part).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) if error.sqlstate() == Some(OUT_OF_MEMORY) && part > 1 => part /= 2,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Drops up to `part` relations of these kinds. Whether there were any.
    async fn drop_part(&self, site: &Site, kinds: &str, part: i64) -> tenantry::Result<bool> {
        let mut tx = self.locked(site).await?;
        let sql = "SELECT pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE', CASE c.relkind \
                   WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' \
                   WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, c.relname) \
                   FROM pg_catalog.pg_class c \
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                   WHERE n.nspname = $1 AND pg_catalog.strpos($2, c.relkind::text) > 0 LIMIT $3";
        let found = tx.rows(sql, &[&site.schema, &kinds, &part]).await?;
        let drops: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        tx.batch(&drops.join("; ")).await?;
        tx.commit().await?;
        Ok(!drops.is_empty())
    }

    /// A transaction that holds the schema's lock.
    async fn locked(&self, site: &Site) -> tenantry::Result<Transaction> {
        let mut tx = self.manager.shared().begin().await?;
        tx.batch(&site.lock()).await?;
        Ok(tx)
    }
}
