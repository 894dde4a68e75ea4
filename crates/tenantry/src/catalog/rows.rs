use tokio_postgres::{Row, types::ToSql};

use super::NewTenant;
use crate::{
    Alphabet, DatabaseError, Error, Placement, Result, SchemaName, SharedDb, Tenant, TenantId,
    TenantStatus, Transaction, db::Run,
};

/// A tenant as its row has it, and the row's version.
#[derive(Clone, Debug)]
pub(crate) struct TenantRow {
    pub(crate) tenant: Tenant,
    pub(crate) version: i64,
}

/// How many rows a page has.
const PAGE: usize = 500;

macro_rules! columns {
    () => {
        "t.id, t.status, t.cluster, t.schema, t.generation, t.plan, t.metadata, t.created_at, \
         t.updated_at, t.version, ARRAY(SELECT d.domain FROM tenantry.domains d \
         WHERE d.tenant = t.id ORDER BY d.domain)"
    };
}

/// All rows, by id. One that this version cannot read is left out, with a warning.
pub(crate) async fn all(db: &mut impl Run) -> Result<Vec<TenantRow>> {
    let sql = concat!("SELECT ", columns!(), " FROM tenantry.tenants t ORDER BY t.id");
    Ok(readable(db.rows(sql, &[]).await?))
}

/// The rows of the next tenants by id, a few hundred: after the one of this id, or from the first on. With
/// them, after whom the next page begins, if there may be one.
pub(crate) async fn page(
    db: &mut impl Run,
    after: Option<&str>,
) -> Result<(Vec<TenantRow>, Option<String>)> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM tenantry.tenants t WHERE t.id > coalesce($1, '') ORDER BY t.id LIMIT $2"
    );
    let rows = db.rows(sql, &[&after, &(PAGE as i64)]).await?;
    let next = rows.last().filter(|_| rows.len() == PAGE).map(|row| row.get(0));
    Ok((readable(rows), next))
}

/// The rows of these tenants, as far as there are any.
pub(crate) async fn some(db: &mut impl Run, ids: &[&str]) -> Result<Vec<TenantRow>> {
    let sql = concat!("SELECT ", columns!(), " FROM tenantry.tenants t WHERE t.id = ANY($1)");
    Ok(readable(db.rows(sql, &[&ids]).await?))
}

/// The row of the tenant that has this domain.
pub(crate) async fn by_domain(db: &mut SharedDb, domain: &str) -> Result<Option<TenantRow>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM tenantry.domains w JOIN tenantry.tenants t ON t.id = w.tenant WHERE w.domain = $1"
    );
    Ok(readable(db.rows(sql, &[&domain]).await?).into_iter().next())
}

/// The version that the next change will pass.
pub(crate) async fn current_version(db: &mut impl Run) -> Result<i64> {
    let rows = db.rows("SELECT last_value FROM tenantry.tenants_version", &[]).await?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}

pub(crate) async fn insert(
    db: &mut SharedDb,
    new: &NewTenant,
    schema: &SchemaName,
) -> Result<TenantRow> {
    let mut tx = db.begin().await?;
    insert_within(&mut tx, new, schema).await?;
    let row = one(&mut tx, &new.id).await?;
    tx.commit().await?;
    Ok(row)
}

/// Inserts a row as part of a transaction that does more.
pub(crate) async fn insert_within(
    tx: &mut Transaction,
    new: &NewTenant,
    schema: &SchemaName,
) -> Result<()> {
    let domains: Vec<String> = new.domains.iter().map(|domain| domain.to_lowercase()).collect();
    let inserted = tx
        .execute(
            "INSERT INTO tenantry.tenants (id, schema, plan, metadata) VALUES ($1, $2, $3, $4)",
            &[&new.id.as_str(), &schema.as_str(), &new.plan, &new.metadata],
        )
        .await;
    taken(&new.id, inserted)?;
    taken(&new.id, add_domains(tx, &new.id, &domains).await)
}

pub(crate) async fn set_status(
    db: &mut SharedDb,
    id: &TenantId,
    status: TenantStatus,
) -> Result<TenantRow> {
    let sql = "UPDATE tenantry.tenants SET status = $2 WHERE id = $1";
    let mut tx = db.begin().await?;
    tx.execute(sql, &[&id.as_str(), &status.as_str()]).await?;
    let row = one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(row)
}

pub(crate) async fn set_domains(
    db: &mut SharedDb,
    id: &TenantId,
    domains: &[&str],
) -> Result<TenantRow> {
    let domains: Vec<String> = domains.iter().map(|domain| domain.to_lowercase()).collect();
    let mut tx = db.begin().await?;
    one(&mut tx, id).await?;
    tx.execute("DELETE FROM tenantry.domains WHERE tenant = $1", &[&id.as_str()]).await?;
    taken(id, add_domains(&mut tx, id, &domains).await)?;
    let row = one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(row)
}

/// Deletes a row; gives a version that is later than it ever had.
pub(crate) async fn delete(db: &mut SharedDb, id: &TenantId) -> Result<i64> {
    let sql = "DELETE FROM tenantry.tenants WHERE id = $1 \
               RETURNING nextval('tenantry.tenants_version')";
    let row = db.query_opt(sql, &[&id.as_str()]).await?;
    row.map(|row| row.get(0)).ok_or_else(|| Error::TenantNotFound(id.clone()))
}

async fn add_domains(tx: &mut impl Run, id: &TenantId, domains: &[String]) -> Result<u64> {
    let sql = "INSERT INTO tenantry.domains (domain, tenant) SELECT unnest($1::text[]), $2";
    if domains.is_empty() {
        return Ok(0);
    }
    let params: &[&(dyn ToSql + Sync)] = &[&domains, &id.as_str()];
    tx.rows(sql, params).await?;
    Ok(domains.len() as u64)
}

async fn one(db: &mut impl Run, id: &TenantId) -> Result<TenantRow> {
    let found = some(db, &[id.as_str()]).await?;
    found.into_iter().next().ok_or_else(|| Error::TenantNotFound(id.clone()))
}

/// What a unique violation means.
fn taken(id: &TenantId, result: Result<u64>) -> Result<()> {
    let Err(error) = result else { return Ok(()) };
    let reason = match error.as_database_error().and_then(constraint_of) {
        Some("tenants_pkey") => "there is one of this id".to_owned(),
        Some("tenants_placement_key") => "another tenant has its schema".to_owned(),
        Some("domains_pkey") => "another tenant has one of its domains".to_owned(),
        _ => return Err(error),
    };
    Err(Error::TenantExists { id: id.clone(), reason })
}

fn constraint_of(error: &DatabaseError) -> Option<&str> {
    error.constraint.as_deref()
}

fn readable(rows: Vec<Row>) -> Vec<TenantRow> {
    let read = rows.into_iter().filter_map(|row| match read(&row) {
        Ok(row) => Some(row),
        Err(error) => {
            let id: Option<String> = row.try_get(0).ok();
            tracing::warn!(target: "tenantry::catalog", id, %error, "a tenant's row cannot be read");
            None
        }
    });
    read.collect()
}

fn read(row: &Row) -> Result<TenantRow> {
    let schema = SchemaName::parse(row.get(3))?;
    let status: &str = row.get(1);
    let status = TenantStatus::from_catalog(status)
        .ok_or_else(|| Error::Answer(format!("unknown status {status:?}").into()))?;
    let tenant = Tenant {
        // What is in the catalog was let in under the alphabet of its time.
        id: TenantId::parse_with(Alphabet::Legacy, row.get(0))?,
        status,
        placement: Placement { cluster: row.get(2), schema, generation: row.get(4) },
        domains: row.get(10),
        plan: row.get(5),
        metadata: row.get(6),
        created_at: row.get(7),
        updated_at: row.get(8),
    };
    Ok(TenantRow { tenant, version: row.get(9) })
}
