//! Asking a schema's ledger.

use tokio_postgres::Row;

use super::applied::{Digest, Known, TenantVersion};
use crate::{
    Identifier, Result,
    access::Access,
    connection::{Params, Query},
};

/// There is no such table or schema: nothing has been applied.
const MISSING: [&str; 2] = ["42P01", "3F000"];

/// What a schema has: one row is asked for, and the whole ledger where no other schema's says the
/// same.
pub(super) async fn read(
    access: &Access,
    table: &Identifier,
    known: &Known,
) -> Result<TenantVersion> {
    // In full: with `isolation.fallthrough` the shared schema's ledger would be in its place.
    // As ours has it, whatever the columns are: the schema may be the tenant's own.
    let ledger = format!(
        "(SELECT number::pg_catalog.int8, name::pg_catalog.text, duration_ms FROM {}.{} \
         WHERE number IS NOT NULL AND name IS NOT NULL) AS ledger",
        access.place.schema.quoted(),
        table.quoted()
    );
    let digest = format!(
        "SELECT count(*), max(number), \
         sum(pg_catalog.hashtextextended(name, number))::text FROM {ledger} \
         WHERE duration_ms IS NOT NULL"
    );
    let rows = match ask(access, &digest).await {
        Ok(rows) => rows,
        Err(error) if error.sqlstate().is_some_and(|state| MISSING.contains(&state)) => {
            return Ok(known.put((0, None, None), TenantVersion::new([])));
        }
        Err(error) => return Err(error),
    };
    let digest: Digest =
        rows.first().map_or((0, None, None), |row| (row.get(0), row.get(1), row.get(2)));
    if let Some(version) = known.get(&digest) {
        return Ok(version);
    }
    // With the digest of these rows: the ledger may have changed since.
    let all = format!(
        "SELECT number, name, count(*) OVER (), max(number) OVER (), \
         (sum(pg_catalog.hashtextextended(name, number)) OVER ())::text FROM {ledger} \
         WHERE duration_ms IS NOT NULL"
    );
    let rows = ask(access, &all).await?;
    let digest = rows.first().map_or((0, None, None), |row| (row.get(2), row.get(3), row.get(4)));
    let version = TenantVersion::new(rows.iter().map(|row| (row.get(0), row.get(1))));
    Ok(known.put(digest, version))
}

async fn ask(access: &Access, sql: &str) -> Result<Vec<Row>> {
    Ok(access.run(&Query::new(sql, Params::Once)).await?.rows)
}
