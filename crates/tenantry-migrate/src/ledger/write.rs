//! The statements that make a ledger and change it.

use std::sync::OnceLock;

use crate::{host, site::Site};

/// What the message of an error says where a migration has ended the transaction it ran in.
pub(crate) const ENDED: &str = "this migration has ended its transaction; ";

/// What a row says, whatever kind of migration it is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) number: i64,
    pub(crate) name: &'a str,
    pub(crate) checksum: &'a str,
}

/// Makes the table, unless it is there.
pub(crate) fn create(site: &Site) -> String {
    format!("CREATE TABLE IF NOT EXISTS {} {COLUMNS}", site.ledger)
}

/// Makes the table, and fails where it is there.
pub(crate) fn create_new(site: &Site) -> String {
    format!("CREATE TABLE {} {COLUMNS}", site.ledger)
}

/// No column is long enough for PostgreSQL to give the table another one for long values, and none
/// has a default or a check: each would be rows in PostgreSQL's catalogs for every tenant, and work for
/// whoever reads ten thousand ledgers.
const COLUMNS: &str = "(number bigint PRIMARY KEY, name varchar(200) NOT NULL, \
                       checksum varchar(64) NOT NULL, applied_at timestamptz NOT NULL, \
                       duration_ms integer, version varchar(40), host varchar(100), done integer)";

/// Gives a table that was made by an earlier version the columns it lacks.
pub(crate) fn upgrade(site: &Site) -> String {
    let ledger = &site.ledger;
    format!(
        "ALTER TABLE {ledger} ADD COLUMN IF NOT EXISTS version varchar(40), \
         ADD COLUMN IF NOT EXISTS host varchar(100), ADD COLUMN IF NOT EXISTS done integer"
    )
}

/// Claims a migration: refused by the primary key when it has been applied meanwhile.
pub(crate) fn claim(site: &Site, row: Row<'_>) -> String {
    insert(site, row, "NULL", "NULL")
}

/// Says that a migration was applied in the transaction that ends with this, which did nothing else:
/// refused by the primary key when it was applied before.
pub(crate) fn record(site: &Site, row: Row<'_>) -> String {
    let duration = "EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) * 1000";
    insert(site, row, duration, "NULL")
}

/// Claims a migration that runs without a transaction.
pub(crate) fn claim_alone(site: &Site, row: Row<'_>) -> String {
    insert(site, row, "NULL", "0")
}

/// What the message of an error says where what is to be undone is not applied.
pub(crate) const NOT_THERE: &str = "this migration is not applied any more; ";

/// Claims a migration that is to be undone: changes its row, and fails with [`NOT_THERE`] in the
/// message where there is none.
pub(crate) fn claim_down(site: &Site, number: i64) -> String {
    let ledger = &site.ledger;
    format!(
        "WITH claimed AS (UPDATE {ledger} SET applied_at = pg_catalog.clock_timestamp() \
         WHERE number = {number} RETURNING 1) \
         SELECT (CASE WHEN EXISTS (SELECT FROM claimed) THEN '' ELSE '{NOT_THERE}' END \
         || '0')::pg_catalog.int4"
    )
}

/// Takes the row away that [`claim_down`] has claimed, and fails with [`ENDED`] in the message when
/// that was another transaction.
pub(crate) fn complete_down(site: &Site, number: i64) -> String {
    let ledger = &site.ledger;
    format!(
        "WITH gone AS (DELETE FROM {ledger} WHERE number = {number} \
         AND xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid RETURNING 1) \
         SELECT (CASE WHEN EXISTS (SELECT FROM gone) \
         OR NOT EXISTS (SELECT FROM {ledger} WHERE number = {number}) THEN '' ELSE '{ENDED}' END \
         || '0')::pg_catalog.int4"
    )
}

/// Says that a migration is applied, whoever has applied it.
pub(crate) fn note(site: &Site, row: Row<'_>) -> String {
    let set = "name = excluded.name, checksum = excluded.checksum, duration_ms = 0, \
               applied_at = excluded.applied_at, version = excluded.version, \
               host = excluded.host, done = NULL";
    format!("{} ON CONFLICT (number) DO UPDATE SET {set}", insert(site, row, "0", "NULL"))
}

/// Takes a migration's row away.
pub(crate) fn forget(site: &Site, number: i64) -> String {
    format!("DELETE FROM {} WHERE number = {number}", site.ledger)
}

fn insert(site: &Site, row: Row<'_>, duration: &str, done: &str) -> String {
    let ledger = &site.ledger;
    let Row { number, name, checksum } = row;
    let (name, checksum) = (literal(name), literal(checksum));
    format!(
        "INSERT INTO {ledger} \
         (number, name, checksum, applied_at, duration_ms, version, host, done) \
         VALUES ({number}, {name}, {checksum}, pg_catalog.clock_timestamp(), {duration}, \
         {version}, {host}, {done})",
        version = literal(env!("CARGO_PKG_VERSION")),
        host = host_literal(),
    )
}

/// Completes what [`claim`] wrote, and fails with [`ENDED`] in the message when that was another
/// transaction: then the file has ended the one it was given.
pub(crate) fn complete(site: &Site, number: i64) -> String {
    let ledger = &site.ledger;
    format!(
        "UPDATE {ledger} SET applied_at = pg_catalog.clock_timestamp(), duration_ms = \
         (CASE WHEN xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid THEN \
         (EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - applied_at) * 1000)\
         ::pg_catalog.int4::text ELSE '{ENDED}' END)::pg_catalog.int4 WHERE number = {number}"
    )
}

/// Completes what [`claim_alone`] wrote.
pub(crate) fn complete_alone(site: &Site, number: i64) -> String {
    let ledger = &site.ledger;
    format!(
        "UPDATE {ledger} SET applied_at = pg_catalog.clock_timestamp(), duration_ms = \
         LEAST(EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - applied_at) * 1000, 2147483647), \
         done = NULL WHERE number = {number}"
    )
}

/// Says that so many statements are done of what [`claim_alone`] has claimed.
pub(crate) fn advance(site: &Site, number: i64, done: usize) -> String {
    format!("UPDATE {} SET done = {done} WHERE number = {number}", site.ledger)
}

/// Text as SQL writes it, whether a backslash escapes or not.
pub(crate) fn literal(text: &str) -> String {
    let text = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\"))
    } else {
        format!("'{text}'")
    }
}

fn host_literal() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| literal(&host::name().chars().take(100).collect::<String>()))
}
