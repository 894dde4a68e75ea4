//! Reading ledgers.

use std::{collections::HashSet, fmt::Write as _, sync::Arc};

use futures_util::{FutureExt, StreamExt, stream};
use tenantry::{Result, SharedDb, tokio_postgres::Row};

use super::{Entry, Ledger, Progress, State, copied::copy};
use crate::{Failure, connection::Connection, site::Site};

/// How many ledgers one query reads.
const CHUNK: usize = 50;
/// How many of these queries run side by side.
const SIDE_BY_SIDE: usize = 3;

/// Reads one schema's ledger.
pub(crate) async fn read(connection: &mut impl Connection, site: &Site) -> Result<State> {
    let sites = [site];
    let mut found = look(connection, &sites).await?;
    let state = found.pop().unwrap_or(State::NoSchema);
    if !matches!(state, State::Ledger(_)) {
        return Ok(state);
    }
    let rows = connection.rows(&select(&[(0, site)]), &[]).await?;
    Ok(match rows.iter().map(entry).collect() {
        Some(ledger) => State::Ledger(ledger),
        None => State::Unreadable(unreadable(site, "a row has no number, name or checksum")),
    })
}

/// Reads many schemas' ledgers, some tens in each query. Those that say the same share one state: a run over
/// ten thousand tenants meets a handful of different ones.
pub(crate) async fn read_all(db: &SharedDb, sites: &[&Site]) -> Result<Vec<Arc<State>>> {
    let mut kinds = Kinds::default();
    let found = look(&mut db.clone(), sites).await?;
    let mut states: Vec<Arc<State>> = found.into_iter().map(|state| kinds.one_of(state)).collect();
    let there: Vec<(usize, &Site)> = sites
        .iter()
        .enumerate()
        .filter(|(index, _)| matches!(*states[*index], State::Ledger(_)))
        .map(|(index, site)| (index, *site))
        .collect();
    // Boxed, so that the future of a run can be sent to another thread.
    let chunks: Vec<_> = there.chunks(CHUNK).map(|chunk| read_chunk(db, chunk).boxed()).collect();
    let mut chunks = stream::iter(chunks).buffer_unordered(SIDE_BY_SIDE);
    while let Some(chunk) = chunks.next().await {
        for (index, state) in chunk? {
            states[index] = kinds.one_of(state);
        }
    }
    Ok(states)
}

/// The states there are, each kept once.
#[derive(Default)]
struct Kinds(HashSet<Arc<State>>);

impl Kinds {
    fn one_of(&mut self, state: State) -> Arc<State> {
        if let Some(known) = self.0.get(&state) {
            return Arc::clone(known);
        }
        let state = Arc::new(state);
        self.0.insert(Arc::clone(&state));
        state
    }
}

/// Which schemas are there, and which have a ledger.
async fn look(connection: &mut impl Connection, sites: &[&Site]) -> Result<Vec<State>> {
    let Some(first) = sites.first() else {
        return Ok(Vec::new());
    };
    let names: Vec<&str> = sites.iter().map(|site| site.schema.as_str()).collect();
    let sql = "SELECT s.index::integer, c.oid IS NOT NULL \
               FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.name[])) \
               WITH ORDINALITY AS s (name, index) \
               JOIN pg_catalog.pg_namespace n ON n.nspname = s.name \
               LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = $2";
    let rows = connection.rows(sql, &[&names, &first.ledger_name]).await?;
    let mut states = vec![State::NoSchema; sites.len()];
    for row in rows {
        let index = usize::try_from(row.get::<_, i32>(0)).unwrap_or(0);
        if let Some(state) = states.get_mut(index.wrapping_sub(1)) {
            let has_ledger = row.get(1);
            *state = if has_ledger { State::Ledger(Ledger::new()) } else { State::NoLedger };
        }
    }
    Ok(states)
}

async fn read_chunk(db: &SharedDb, chunk: &[(usize, &Site)]) -> Result<Vec<(usize, State)>> {
    let sites: Vec<&Site> = chunk.iter().map(|(_, site)| *site).collect();
    let ledgers = match copy(db, &sites).await {
        Ok(ledgers) => ledgers,
        // One of them is from before there was a column, or no table, or may not be read.
        Err(error) if error.as_database_error().is_some() => return select_chunk(db, chunk).await,
        Err(error) => return Err(error),
    };
    let mut states = Vec::with_capacity(chunk.len());
    for (one, ledger) in chunk.iter().zip(ledgers) {
        match ledger {
            Some(ledger) => states.push((one.0, State::Ledger(ledger))),
            None => states.extend(read_each(db, &[*one]).await?),
        }
    }
    Ok(states)
}

async fn select_chunk(db: &SharedDb, chunk: &[(usize, &Site)]) -> Result<Vec<(usize, State)>> {
    let numbered: Vec<(usize, &Site)> =
        chunk.iter().enumerate().map(|(number, (_, site))| (number, *site)).collect();
    match db.clone().query_once(&select(&numbered)).await {
        Ok(rows) => {
            let mut states: Vec<(usize, Ledger)> =
                chunk.iter().map(|(index, _)| (*index, Ledger::new())).collect();
            for row in &rows {
                let number = usize::try_from(row.get::<_, i32>(5)).unwrap_or(usize::MAX);
                let Some(entry) = entry(row) else { return read_each(db, chunk).await };
                if let Some((_, ledger)) = states.get_mut(number) {
                    ledger.extend([entry]);
                }
            }
            Ok(states.into_iter().map(|(index, ledger)| (index, State::Ledger(ledger))).collect())
        }
        Err(error) if error.as_database_error().is_some() => read_each(db, chunk).await,
        Err(error) => Err(error),
    }
}

/// One of them can't be read: each alone, to know which.
async fn read_each(db: &SharedDb, chunk: &[(usize, &Site)]) -> Result<Vec<(usize, State)>> {
    let mut db = db.clone();
    let mut states = Vec::with_capacity(chunk.len());
    for (index, site) in chunk {
        let state = match read(&mut db, site).await {
            Ok(state) => state,
            Err(error) if error.as_database_error().is_some() => {
                let failure = Failure::from(error);
                let Failure { code, message, .. } = unreadable(site, &failure.message);
                State::Unreadable(Failure { code, message, ..failure })
            }
            Err(error) => return Err(error),
        };
        states.push((*index, state));
    }
    Ok(states)
}

fn unreadable(site: &Site, why: &str) -> Failure {
    Failure::new("LEDGER_UNREADABLE", format!("the ledger {} cannot be read: {why}", site.ledger))
}

/// The rows of these ledgers, each with its number in the last column.
///
/// A ledger made by an earlier version may have no column `done`: where the inner queries find
/// none, the name means the outer one.
fn select(sites: &[(usize, &Site)]) -> String {
    let mut sql = String::from(
        "SELECT l.* FROM (SELECT NULL::pg_catalog.int4 AS done) AS none CROSS JOIN LATERAL (",
    );
    for (index, (number, site)) in sites.iter().enumerate() {
        let separator = if index == 0 { "" } else { " UNION ALL " };
        write!(
            sql,
            "{separator}SELECT number::pg_catalog.int8, name::text, checksum::text, \
             duration_ms IS NOT NULL, done::pg_catalog.int4, \
             {number} FROM {}",
            site.ledger
        )
        .expect("a String takes whatever is written to it");
    }
    sql.push_str(") AS l");
    sql
}

/// A row of a ledger; `None` where something is not there that every row of ours has.
fn entry(row: &Row) -> Option<(i64, Entry)> {
    let progress = Progress::of(row.get(3), row.get::<_, Option<i32>>(4).map(i64::from));
    let (name, checksum): (Option<String>, Option<String>) = (row.get(1), row.get(2));
    Some((row.get::<_, Option<i64>>(0)?, Entry { name: name?, checksum: checksum?, progress }))
}
