//! Tenants from elsewhere than the catalog: from the schemas that fit the template, by a query
//! on the shared database, or by the application's own function.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    index::{DEFAULT_CLUSTER, Index},
    rows::TenantRow,
};
use crate::{
    Alphabet, Error, Placement, Result, SchemaName, SchemaTemplate, SharedDb, Tenant, TenantId,
    TenantStatus, config::DiscoverySource,
};

/// Counts the times that tenants were asked for.
static VERSION: AtomicI64 = AtomicI64::new(1);

type Found = Pin<Box<dyn Future<Output = Result<Vec<TenantId>>> + Send>>;

/// Where tenants come from.
#[derive(Clone)]
pub(crate) enum Discovery {
    /// What the configuration says.
    Source(DiscoverySource),
    /// The application's own function.
    Function(Arc<dyn Fn(SharedDb) -> Found + Send + Sync>),
}

impl Discovery {
    /// Whether tenants come from the catalog.
    pub(crate) fn is_catalog(&self) -> bool {
        matches!(self, Self::Source(DiscoverySource::Catalog))
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(source) => source.fmt(f),
            Self::Function(_) => f.write_str("Function"),
        }
    }
}

/// What tells a tenant id and a placement from text.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) template: SchemaTemplate,
    pub(crate) alphabet: Alphabet,
}

/// Asks for all tenants and takes them in.
pub(crate) async fn discover(
    discovery: &Discovery,
    reading: &Reading,
    db: &mut SharedDb,
    index: &Index,
) -> Result<()> {
    let found = match discovery {
        Discovery::Source(DiscoverySource::Catalog) => return Ok(()),
        Discovery::Source(DiscoverySource::Schemas) => by_schemas(reading, db).await?,
        Discovery::Source(DiscoverySource::Query(sql)) => by_query(reading, db, sql).await?,
        Discovery::Function(function) => {
            let ids = function(db.clone()).await?;
            let placed = ids.into_iter().map(|id| {
                let schema = reading.template.schema_for(&id)?;
                Ok((id, schema))
            });
            placed.collect::<Result<_>>()?
        }
    };
    // Later than all that was found before.
    let version = VERSION.fetch_add(1, Ordering::Relaxed);
    let rows = found.into_iter().map(|(id, schema)| {
        // Everything known of it is its name: the same name is the same row.
        let known = index.get(&id).ok().filter(|known| known.tenant.placement.schema == schema);
        let created_at = known.map_or_else(Utc::now, |known| known.tenant.created_at);
        row(id, schema, created_at, version)
    });
    index.replace(rows.collect(), version);
    index.keep_for_ever();
    Ok(())
}

/// Asks again every `every`, until the index is gone.
pub(crate) async fn refresh(
    discovery: Discovery,
    reading: Reading,
    mut db: SharedDb,
    index: Weak<Index>,
    every: Duration,
) {
    loop {
        tokio::time::sleep(every).await;
        let Some(index) = index.upgrade() else { return };
        match discover(&discovery, &reading, &mut db, &index).await {
            Ok(()) => {}
            Err(Error::PoolClosed) => return,
            Err(error) => {
                tracing::warn!(target: "tenantry::catalog", %error, "tenants cannot be asked for");
            }
        }
    }
}

type Named = Vec<(TenantId, SchemaName)>;

async fn by_schemas(reading: &Reading, db: &mut SharedDb) -> Result<Named> {
    let rows = db.query("SELECT nspname::text FROM pg_catalog.pg_namespace", &[]).await?;
    let names = rows.iter().map(|row| row.get::<_, String>(0));
    let fitting = names.filter_map(|name| {
        let id = reading.template.tenant_of(&name)?;
        Some((id, SchemaName::parse(&name).ok()?))
    });
    Ok(fitting.collect())
}

/// The first column is the tenant's id; the second, if there is one, its schema.
async fn by_query(reading: &Reading, db: &mut SharedDb, sql: &str) -> Result<Named> {
    let rows = db.query(sql, &[]).await?;
    let mut found = Named::new();
    for row in &rows {
        let text = |index| {
            row.try_get::<_, Option<String>>(index).map_err(|error| {
                Error::Answer(
                    format!("discovery.query must give text (cast with ::text): {error}").into(),
                )
            })
        };
        let id = text(0)?.unwrap_or_default();
        let id = TenantId::parse_with(reading.alphabet, &id)?;
        let schema = if row.len() > 1 { text(1)? } else { None };
        let schema = match schema {
            Some(schema) => SchemaName::parse(&schema)?,
            None => reading.template.schema_for(&id)?,
        };
        found.push((id, schema));
    }
    Ok(found)
}

fn row(id: TenantId, schema: SchemaName, created_at: DateTime<Utc>, version: i64) -> TenantRow {
    let tenant = Tenant {
        id,
        status: TenantStatus::Active,
        placement: Placement { cluster: DEFAULT_CLUSTER.to_owned(), schema, generation: 0 },
        domains: Vec::new(),
        plan: None,
        metadata: serde_json::Value::Object(serde_json::Map::new()),
        created_at,
        updated_at: created_at,
    };
    TenantRow { tenant, version }
}
