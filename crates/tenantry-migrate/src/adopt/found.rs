//! The ledgers of other tools in the database.

use std::{collections::HashSet, fmt::Write as _};

use futures_util::{StreamExt, stream};
use tenantry::{SharedDb, tokio_postgres::Row};

use super::tool::Format;
use crate::{Failure, Result};

/// How many ledgers one query reads.
const CHUNK: usize = 50;
/// How many of these queries run side by side.
const SIDE_BY_SIDE: usize = 3;

/// A table by the name of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Qualified and quoted.
    pub(super) quoted: String,
    pub(super) name: String,
    /// None: its columns are no ledger's.
    pub(super) format: Option<Format>,
}

/// A row of another tool's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    /// What the tool knows the migration by: a name, a hash, a version.
    pub(super) key: String,
    /// What it checks it by.
    pub(super) check: Option<String>,
    /// When it was applied, in microseconds since 1970.
    pub(super) at: Option<i64>,
    /// Whether it was applied.
    pub(super) succeeded: bool,
}

/// For each of these schemas, the tables of one of these names; none where there is no such schema.
pub(super) async fn tables(
    db: &SharedDb,
    schemas: &[&str],
    names: &[&str],
) -> Result<Vec<Option<Vec<Table>>>> {
    let sql = "SELECT s.index::integer, pg_catalog.quote_ident(n.nspname::text), c.relname::text, \
               pg_catalog.array_agg(a.attname::text ORDER BY a.attnum), \
               pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) \
               FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.name[])) \
               WITH ORDINALITY AS s (name, index) \
               JOIN pg_catalog.pg_namespace n ON n.nspname = s.name \
               LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
               AND c.relname = ANY ($2::pg_catalog.name[]) AND c.relkind IN ('r', 'p', 'v') \
               LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
               AND NOT a.attisdropped \
               GROUP BY s.index, n.nspname, c.oid, c.relname ORDER BY s.index, c.relname";
    let rows = db.clone().query(sql, &[&schemas, &names]).await?;
    let mut found: Vec<Option<Vec<Table>>> = vec![None; schemas.len()];
    for row in &rows {
        let index = usize::try_from(row.get::<_, i32>(0)).unwrap_or(0).wrapping_sub(1);
        if let Some(found) = found.get_mut(index) {
            found.get_or_insert_default().extend(table(row));
        }
    }
    Ok(found)
}

fn table(row: &Row) -> Option<Table> {
    let name: String = row.get::<_, Option<String>>(2)?;
    let columns: Vec<Option<String>> = row.get(3);
    let types: Vec<Option<String>> = row.get(4);
    let columns: Vec<(&str, &str)> = columns
        .iter()
        .zip(&types)
        .filter_map(|(column, ty)| Some((column.as_deref()?, ty.as_deref()?)))
        .collect();
    let schema: String = row.get(1);
    let quoted = format!("{schema}.\"{}\"", name.replace('"', "\"\""));
    Some(Table { quoted, name, format: Format::of(&columns) })
}

/// Those of these schemas that hold a table.
pub(super) async fn with_tables(db: &SharedDb, schemas: &[&str]) -> Result<HashSet<String>> {
    let sql = "SELECT DISTINCT n.nspname::text FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
               WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY ($1::pg_catalog.name[])";
    let rows = db.clone().query(sql, &[&schemas]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The rows of each of these ledgers, or why they can't be read.
pub(super) async fn rows(
    db: &SharedDb,
    ledgers: &[(&Table, Format)],
) -> Result<Vec<Result<Vec<Applied>, Box<Failure>>>> {
    let chunks = stream::iter(ledgers.chunks(CHUNK)).map(|chunk| read_chunk(db.clone(), chunk));
    let read: Vec<_> = chunks.buffered(SIDE_BY_SIDE).collect().await;
    let mut all = Vec::with_capacity(ledgers.len());
    for chunk in read {
        all.extend(chunk?);
    }
    Ok(all)
}

async fn read_chunk(
    mut db: SharedDb,
    chunk: &[(&Table, Format)],
) -> Result<Vec<Result<Vec<Applied>, Box<Failure>>>> {
    match db.query_once(&question(chunk)).await {
        Ok(rows) => {
            let mut read: Vec<Vec<Applied>> = vec![Vec::new(); chunk.len()];
            for row in &rows {
                let position = usize::try_from(row.get::<_, i32>(0)).unwrap_or(usize::MAX);
                if let Some(read) = read.get_mut(position) {
                    read.push(Applied {
                        // One that is not there matches no file, and is named as such.
                        key: row.get::<_, Option<String>>(1).unwrap_or_default(),
                        check: row.get(2),
                        at: row.get(3),
                        succeeded: row.get::<_, Option<bool>>(4).unwrap_or(false),
                    });
                }
            }
            Ok(read.into_iter().map(Ok).collect())
        }
        // One of them can't be read: each alone, to know which.
        Err(error) if error.as_database_error().is_some() && chunk.len() > 1 => {
            let mut read = Vec::with_capacity(chunk.len());
            for one in chunk.chunks(1) {
                read.extend(Box::pin(read_chunk(db.clone(), one)).await?);
            }
            Ok(read)
        }
        Err(error) if error.as_database_error().is_some() => {
            let table = chunk.first().map_or("", |(table, _)| &table.quoted);
            let mut failure = Failure::from(error);
            failure.code = "LEDGER_UNREADABLE";
            failure.message = format!("the ledger {table} cannot be read: {}", failure.message);
            Ok(vec![Err(Box::new(failure))])
        }
        Err(error) => Err(error.into()),
    }
}

fn question(chunk: &[(&Table, Format)]) -> String {
    let mut sql = String::from(
        "SELECT position, key, checked, (EXTRACT(EPOCH FROM at) * 1000000)::pg_catalog.int8, succeeded \
         FROM (",
    );
    for (position, (table, format)) in chunk.iter().enumerate() {
        let separator = if position == 0 { "" } else { " UNION ALL " };
        write!(sql, "{separator}SELECT {position}, {} FROM {}", format.columns(), table.quoted)
            .expect("a String takes whatever is written to it");
    }
    sql.push_str(") AS ledgers (position, key, checked, at, succeeded)");
    sql
}
