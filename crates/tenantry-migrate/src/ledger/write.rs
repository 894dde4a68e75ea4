//! The statements that make a ledger and change it.

use std::sync::OnceLock;

use crate::{host, site::Site};

/// The table's constraint, which a migration breaks that ends the transaction it runs in.
pub(crate) const ONE_TRANSACTION: &str = "applied_in_one_transaction";

/// What a row says, whatever kind of migration it is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) number: i64,
    pub(crate) name: &'a str,
    pub(crate) checksum: &'a str,
}

/// Makes the table. No column is long enough for PostgreSQL to give it a table for long values,
/// which would be one more for every tenant.
pub(crate) fn create(site: &Site) -> String {
    let ledger = &site.ledger;
    format!(
        "CREATE TABLE IF NOT EXISTS {ledger} (\
         number bigint PRIMARY KEY, \
         name varchar(200) NOT NULL, \
         checksum varchar(64) NOT NULL, \
         applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), \
         duration_ms integer CONSTRAINT applied_in_one_transaction CHECK (duration_ms >= 0), \
         version varchar(40), \
         host varchar(100), \
         done integer)"
    )
}

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

/// Takes the row away that [`claim_down`] has claimed, and breaks the table's constraint when that
/// was another transaction.
pub(crate) fn complete_down(site: &Site, number: i64) -> String {
    let ledger = &site.ledger;
    format!(
        "WITH gone AS (DELETE FROM {ledger} WHERE number = {number} \
         AND xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid RETURNING 1) \
         UPDATE {ledger} SET duration_ms = -1 WHERE number = {number} \
         AND NOT EXISTS (SELECT FROM gone)"
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
        "INSERT INTO {ledger} (number, name, checksum, duration_ms, version, host, done) \
         VALUES ({number}, {name}, {checksum}, {duration}, {version}, {host}, {done})",
        version = literal(env!("CARGO_PKG_VERSION")),
        host = host_literal(),
    )
}

/// Completes what [`claim`] wrote, and breaks the table's constraint when that was another
/// transaction: then the file has ended the one it was given.
pub(crate) fn complete(site: &Site, number: i64) -> String {
    let ledger = &site.ledger;
    format!(
        "UPDATE {ledger} SET applied_at = pg_catalog.clock_timestamp(), duration_ms = \
         CASE WHEN xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid THEN \
         EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - applied_at) * 1000 ELSE -1 END \
         WHERE number = {number}"
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
