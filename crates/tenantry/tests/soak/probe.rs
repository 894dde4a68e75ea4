//! What a tenant may see: its own, or nothing. In tokio-postgres's way and in Diesel's.

use tenantry::{Error, Result, TenantDb, TenantSession, Transaction};
use tokio_postgres::Row;

use crate::typed;

/// The mark of a tenant's rows: its name and its generation.
pub(crate) fn mark(db: &TenantDb) -> String {
    format!("{}#{}", db.tenant_id(), db.tenant().placement.generation)
}

/// Rows are their tenant's own.
pub(crate) fn check_rows<'a>(names: impl IntoIterator<Item = &'a str>, mark: &str) {
    let mut count = 0;
    for name in names {
        assert_eq!(name.split('/').next(), Some(mark), "another tenant's row");
        count += 1;
    }
    assert!(count > 0, "{mark} has lost its rows");
}

pub(crate) fn first_column(rows: &[Row]) -> impl Iterator<Item = &str> {
    rows.iter().map(|row| row.get(0))
}

/// Everything that can be seen on a connection, each by the name of its tenant or not at all.
const EVERYTHING: &str = "SELECT ARRAY[
  nullif(current_setting('app.who', true), ''),
  nullif(current_setting('app.function', true), ''),
  nullif(current_setting('app.trigger', true), ''),
  (SELECT 't' || (setting::int - 4096) FROM pg_settings
    WHERE name = 'work_mem' AND setting <> '4096'),
  (SELECT string_agg(DISTINCT substr(c, 9), ',') FROM pg_listening_channels() c),
  (SELECT string_agg(DISTINCT substr(name, 10), ',') FROM pg_prepared_statements WHERE from_sql),
  (SELECT string_agg(DISTINCT substr(name, 8), ',') FROM pg_cursors WHERE is_holdable),
  (SELECT string_agg(DISTINCT substr(relname, 6), ',') FROM pg_class
    WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r' AND relname <> 'whose'),
  (SELECT string_agg(DISTINCT 't' || objid, ',') FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid())
], current_setting('search_path'), session_user || ' ' || current_user,
current_setting('default_transaction_read_only'), pg_current_xact_id_if_assigned()::text";

pub(crate) const SEEN: [&str; 9] = [
    "a setting",
    "a function's setting",
    "a trigger's setting",
    "work_mem",
    "a channel",
    "a prepared statement",
    "a cursor",
    "a temporary table",
    "an advisory lock",
];

/// What was left behind and is still there, all of it the tenant's own.
fn check_everything(row: &Row, id: &str) -> Vec<&'static str> {
    let left: Vec<Option<&str>> = row.get(0);
    let mut own = Vec::new();
    for (left, what) in left.into_iter().zip(SEEN) {
        let Some(left) = left else { continue };
        assert_eq!(left, id, "{what} of another tenant");
        own.push(what);
    }
    let path: &str = row.get(1);
    let schemas: Vec<&str> = path.split(", ").map(|schema| schema.trim_matches('"')).collect();
    assert_eq!(schemas, [&format!("tenant_{id}"), "pg_temp"], "the path of another tenant");
    assert_eq!(row.get::<_, &str>(2), "postgres postgres", "somebody's role");
    assert_eq!(row.get::<_, &str>(3), "off", "somebody's transactions are read only");
    assert_eq!(row.get::<_, Option<&str>>(4), None, "somebody's transaction is open");
    own
}

/// What is seen of one's own.
pub(crate) async fn everything(db: &mut TenantDb) -> Result<Vec<&'static str>> {
    let row = db.query_one(EVERYTHING, &[]).await?;
    Ok(check_everything(&row, db.tenant_id().as_str()))
}

/// As [`everything`], in a session that has left it: a probe that finds nothing would prove nothing.
pub(crate) async fn everything_left(session: &mut TenantSession, id: &str) -> Result<()> {
    let row = session.query_one(EVERYTHING, &[]).await?;
    assert_eq!(check_everything(&row, id), SEEN, "all that was left is seen");
    Ok(())
}

pub(crate) async fn rows(db: &mut TenantDb) -> Result<()> {
    let rows = db.query("SELECT name FROM whose", &[]).await?;
    check_rows(first_column(&rows), &mark(db));
    Ok(())
}

pub(crate) async fn rows_inside(tx: &mut Transaction, mark: &str) -> Result<()> {
    let rows = tx.query("SELECT name FROM whose", &[]).await?;
    check_rows(first_column(&rows), mark);
    Ok(())
}

/// A table whose columns change: prepared statements on it go stale.
pub(crate) async fn shape(db: &mut TenantDb) -> Result<()> {
    let rows = db.query("SELECT * FROM shape", &[]).await?;
    check_rows(rows.iter().map(|row| row.get("name")), &mark(db));
    Ok(())
}

pub(crate) async fn rows_typed(db: &mut TenantDb) -> Result<()> {
    let names = typed::names(db).await.map_err(Error::from)?;
    check_rows(names.iter().map(String::as_str), &mark(db));
    Ok(())
}

pub(crate) async fn half_a_stream(db: &mut TenantDb) -> Result<()> {
    let names = typed::half_the_names(db).await.map_err(Error::from)?;
    check_rows(names.iter().map(String::as_str), &mark(db));
    Ok(())
}
