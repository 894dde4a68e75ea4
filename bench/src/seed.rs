//! Tenants' schemas with the tables of the projects API and a few rows, made by plain SQL.

mod catalog;
mod schema;

pub(crate) use catalog::enrol;

use futures_util::future::try_join_all;

use crate::arguments;
use crate::cluster;
use crate::failure::{Doing as _, Result};
use crate::tenants;

/// Connections that make schemas side by side.
const CONNECTIONS: usize = 2;
/// Tenants in one transaction.
const BATCH: usize = 20;

/// `tenantry-bench seed`.
pub(crate) async fn run(arguments: arguments::Seed) -> Result<()> {
    seed(&arguments.database_url, arguments.tenants).await?;
    println!("{} tenants seeded", arguments.tenants);
    Ok(())
}

/// Makes the first `count` tenants with tables and rows.
pub(crate) async fn seed(url: &str, count: usize) -> Result<()> {
    make(url, count, schema::with_rows).await?;
    tidy(url).await
}

/// Makes the first `count` tenants' schemas, empty.
pub(crate) async fn empty_schemas(url: &str, count: usize) -> Result<()> {
    make(url, count, schema::empty).await?;
    tidy(url).await
}

async fn make(url: &str, count: usize, statements: fn(&str) -> String) -> Result<()> {
    let numbers: Vec<usize> = (1..=count).collect();
    let shares = numbers.chunks(count.div_ceil(CONNECTIONS).max(1));
    try_join_all(shares.map(async |share| {
        let client = cluster::connect(url).await?;
        client.batch_execute("SET synchronous_commit = off").await?;
        for batch in share.chunks(BATCH) {
            let sql: String =
                batch.iter().map(|number| statements(&tenants::id(*number))).collect();
            client
                .batch_execute(&format!("BEGIN; {sql} COMMIT;"))
                .await
                .doing("cannot make the tenants' schemas")?;
        }
        Ok(())
    }))
    .await
    .map(drop)
}

/// Vacuums the system catalogs that thousands of new tables filled, before autovacuum does so in
/// the middle of a measurement.
async fn tidy(url: &str) -> Result<()> {
    let client = cluster::connect(url).await?;
    let catalogs = client
        .query(
            "SELECT format('VACUUM (ANALYZE) pg_catalog.%I', relname) FROM pg_class \
             WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared",
            &[],
        )
        .await?;
    for row in catalogs {
        client.batch_execute(row.try_get(0)?).await?;
    }
    Ok(())
}
