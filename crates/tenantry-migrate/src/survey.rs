//! Many ledgers in few queries, and equal ones kept once.
//!
//! Most of the time that PostgreSQL takes for reading ten thousand ledgers goes into opening and
//! planning ten thousand tables, and not into their rows: some 0.12 ms each, in every backend that
//! sees a table for the first time. So each ledger is asked for one row only, a digest, some tens of
//! ledgers in each query, on a few connections side by side; and then one ledger is read whole for
//! all that have the same digest. A run over ten thousand tenants meets a handful of different ones.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt::Write as _,
    sync::Arc,
};

use futures_util::{FutureExt, future::try_join_all};
use tenantry::{Result, SharedDb};

use crate::{
    ledger::{self, State},
    site::Site,
};

/// How many ledgers one query asks. PostgreSQL's planner takes longer for each the more there are;
/// fewer cost more round trips.
const CHUNK: usize = 25;
/// How many connections ask side by side.
const SIDE_BY_SIDE: usize = 3;

/// What a ledger comes to: how many rows and how many of them complete, the last number, and a hash
/// over all names and checksums.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Digest {
    rows: i64,
    complete: i64,
    last: Option<i64>,
    hash: Option<String>,
}

/// What a schema is like, as far as it is known without reading a ledger whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Seen {
    NoSchema,
    NoLedger,
    /// There is a ledger, which was not asked yet or does not answer.
    Unasked(usize),
    Ledger(Digest),
}

/// What each of these schemas is like. Those whose ledgers say the same share one state.
pub(crate) async fn survey(db: &SharedDb, sites: &[&Site]) -> Result<Vec<Arc<State>>> {
    let share = sites.len().div_ceil(SIDE_BY_SIDE).next_multiple_of(CHUNK);
    // Boxed, so that the future of a run can be sent to another thread.
    let shares: Vec<_> =
        sites.chunks(share.max(1)).map(|sites| look_at(db.clone(), sites).boxed()).collect();
    let seen: Vec<Vec<Seen>> = try_join_all(shares).await?;
    let unasked =
        |(index, seen)| if seen == Seen::Unasked(0) { Seen::Unasked(index) } else { seen };
    let seen = seen.into_iter().flatten().enumerate().map(unasked).collect();
    read_one_of_each(db, sites, seen).await
}

/// What these schemas are like, one query after the other.
async fn look_at(db: SharedDb, sites: &[&Site]) -> Result<Vec<Seen>> {
    let mut seen = look(&db, sites).await?;
    let there: Vec<(usize, &Site)> = sites
        .iter()
        .enumerate()
        .filter(|(index, _)| matches!(seen[*index], Seen::Unasked(_)))
        .map(|(index, site)| (index, *site))
        .collect();
    for chunk in there.chunks(CHUNK) {
        let digests = ask_chunk(db.clone(), chunk).await?;
        // What was left halfway is read by itself: how far it came is no part of a digest.
        for (index, digest) in digests.into_iter().filter(|(_, it)| it.rows == it.complete) {
            seen[index] = Seen::Ledger(digest);
        }
    }
    Ok(seen)
}

/// Reads one ledger for all that are equal.
async fn read_one_of_each(
    db: &SharedDb,
    sites: &[&Site],
    seen: Vec<Seen>,
) -> Result<Vec<Arc<State>>> {
    let mut kinds: HashMap<&Seen, usize> = HashMap::new();
    let mut examples: Vec<usize> = Vec::new();
    let kind_of: Vec<usize> = seen
        .iter()
        .enumerate()
        .map(|(index, seen)| match kinds.entry(seen) {
            Entry::Occupied(kind) => *kind.get(),
            Entry::Vacant(new) => {
                examples.push(index);
                *new.insert(examples.len() - 1)
            }
        })
        .collect();
    let read: Vec<&Site> = examples.iter().map(|index| sites[*index]).collect();
    let states = ledger::read_all(db, &read).await?;
    let states: Vec<Arc<State>> = states.into_iter().map(Arc::new).collect();
    Ok(kind_of.into_iter().map(|kind| Arc::clone(&states[kind])).collect())
}

/// Which schemas are there, and which have a ledger.
async fn look(db: &SharedDb, sites: &[&Site]) -> Result<Vec<Seen>> {
    let mut seen = vec![Seen::NoSchema; sites.len()];
    let Some(first) = sites.first() else {
        return Ok(seen);
    };
    let names: Vec<&str> = sites.iter().map(|site| site.schema.as_str()).collect();
    let sql = "SELECT s.index::integer, c.oid IS NOT NULL \
               FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.name[])) \
               WITH ORDINALITY AS s (name, index) \
               JOIN pg_catalog.pg_namespace n ON n.nspname = s.name \
               LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = $2";
    let rows = db.clone().query(sql, &[&names, &first.ledger_name]).await?;
    for row in rows {
        let index = usize::try_from(row.get::<_, i32>(0)).unwrap_or(0).wrapping_sub(1);
        if let Some(seen) = seen.get_mut(index) {
            *seen = if row.get(1) { Seen::Unasked(index) } else { Seen::NoLedger };
        }
    }
    Ok(seen)
}

/// The digests of these ledgers; those that do not answer are left out.
async fn ask_chunk(mut db: SharedDb, chunk: &[(usize, &Site)]) -> Result<Vec<(usize, Digest)>> {
    match ask(&mut db, chunk).await {
        // One of them is no ledger, or may not be read: the others are asked one by one.
        Err(error) if error.as_database_error().is_some() && chunk.len() > 1 => {
            let mut digests = Vec::with_capacity(chunk.len());
            for one in chunk.chunks(1) {
                match ask(&mut db, one).await {
                    Ok(digest) => digests.extend(digest),
                    Err(error) if error.as_database_error().is_some() => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(digests)
        }
        Err(error) if error.as_database_error().is_some() => Ok(Vec::new()),
        asked => asked,
    }
}

async fn ask(db: &mut SharedDb, chunk: &[(usize, &Site)]) -> Result<Vec<(usize, Digest)>> {
    let rows = db.query_once(&question(chunk)).await?;
    // A ledger without rows gives none.
    let empty = Digest { rows: 0, complete: 0, last: None, hash: None };
    let mut digests: Vec<(usize, Digest)> =
        chunk.iter().map(|(index, _)| (*index, empty.clone())).collect();
    for row in rows {
        let position = usize::try_from(row.get::<_, i32>(0)).unwrap_or(usize::MAX);
        if let Some((_, digest)) = digests.get_mut(position) {
            *digest = Digest {
                rows: row.get(1),
                complete: row.get(2),
                last: row.get(3),
                hash: row.get(4),
            };
        }
    }
    Ok(digests)
}

/// Grouped over the union, which the planner flattens: a group for each ledger would make it plan
/// each by itself, at twice the cost.
fn question(chunk: &[(usize, &Site)]) -> String {
    let mut sql = String::from(
        "SELECT ledger, count(*), count(duration_ms) - count(done), max(number), \
         sum(pg_catalog.hashtextextended(name || checksum, number))::text FROM (",
    );
    for (position, (_, site)) in chunk.iter().enumerate() {
        let separator = if position == 0 { "" } else { " UNION ALL " };
        write!(
            sql,
            "{separator}SELECT {position} AS ledger, number, name::text, checksum::text, \
             duration_ms, done FROM {}",
            site.ledger
        )
        .expect("a String takes whatever is written to it");
    }
    sql.push_str(") AS ledgers GROUP BY ledger");
    sql
}
