use crate::{Error, Result, SharedDb};

/// The format of the catalog that this version reads and writes.
const FORMAT: i32 = 1;
/// The key of the advisory lock under which the catalog is made: "tenantry" in ASCII.
const LOCK: i64 = 0x7465_6e61_6e74_7279;

/// Whether the catalog may be made where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetUp {
    /// It is made.
    Make,
    /// Nothing is written: a database without a catalog has no tenants.
    ReadOnly,
}

/// Makes the catalog in a database that has none. Whether there is one now.
///
/// Several processes may do so at once.
pub(crate) async fn set_up(db: &mut SharedDb, how: SetUp) -> Result<bool> {
    let found = format(db).await?;
    match (found, how) {
        (Some(FORMAT), _) => Ok(true),
        (Some(other), _) => Err(Error::application(format!(
            "the catalog in this database has format {other}, and this version of Tenantry knows \
             format {FORMAT}: use a version that knows it"
        ))),
        (None, SetUp::ReadOnly) => Ok(false),
        (None, SetUp::Make) => {
            let mut tx = db.begin().await?;
            tx.query("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
            tx.batch_execute(include_str!("setup.sql")).await?;
            tx.commit().await?;
            Ok(true)
        }
    }
}

async fn format(db: &mut SharedDb) -> Result<Option<i32>> {
    let there = db
        .query_one("SELECT pg_catalog.to_regclass('tenantry.catalog_format') IS NOT NULL", &[])
        .await?;
    if !there.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = db.query_opt("SELECT format FROM tenantry.catalog_format", &[]).await?;
    Ok(row.map(|row| row.get(0)))
}
