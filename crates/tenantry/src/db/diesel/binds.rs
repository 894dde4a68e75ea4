//! A Diesel query as text and bytes.
//!
//! Types that are no built-in ones (a tenant's own enum, say) have OIDs that only the tenant's
//! database knows, and asking it takes an await, where the query itself may not go. So the query
//! is written out twice, with two different placeholders for each such type; wherever the two
//! differ, in a parameter's type or inside its bytes (arrays and records carry the OIDs of their
//! elements), the true OID goes in once it is known.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use diesel::{
    QueryResult,
    pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata},
    query_builder::{QueryBuilder, QueryFragment, QueryId, bind_collector::RawBytesBindCollector},
};
use tokio_postgres::types::{Kind, Type};

use crate::{
    Result,
    access::Access,
    connection::{Params, Query, TypedParam},
};

/// The first placeholders of the two passes. PostgreSQL counts OIDs up from 16384.
const PASSES: [u32; 2] = [0xF000_0000, 0xE000_0000];

/// A query written out.
pub(super) struct Written {
    pub(super) sql: Arc<str>,
    params: Vec<(u32, Option<Vec<u8>>)>,
    /// The types to ask for; the placeholders of the n-th are `PASSES + 2n` and one more, for
    /// the array of it.
    unknown: Vec<TypeName>,
    /// Where placeholders stand in the parameters' bytes: parameter, first byte, offset from the
    /// first placeholder.
    places: Vec<(usize, usize, u32)>,
}

/// The name of a type: its schema, if one is given, and its name.
pub(crate) type TypeName = (Option<String>, String);

/// The texts of queries whose type says everything about them, by that type: building one anew
/// costs more than all else that is done for a statement here.
static TEXTS: LazyLock<RwLock<HashMap<TypeId, Arc<str>>>> = LazyLock::new(RwLock::default);

/// A query's text. The rule is that of Diesel's own cache of statements: queries of one `QueryId` have
/// one text, where it is safe to keep them prepared.
fn text<T: QueryFragment<Pg> + QueryId>(query: &T) -> QueryResult<Arc<str>> {
    let id = match T::query_id() {
        Some(id) if query.is_safe_to_cache_prepared(&Pg)? => id,
        _ => return build(query),
    };
    if let Some(text) = TEXTS.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return Ok(Arc::clone(text));
    }
    let text = build(query)?;
    TEXTS.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&text));
    Ok(text)
}

fn build(query: &dyn QueryFragment<Pg>) -> QueryResult<Arc<str>> {
    let mut builder = PgQueryBuilder::default();
    query.to_sql(&mut builder, &Pg)?;
    Ok(builder.finish().into())
}

/// Writes a query out.
pub(super) fn write<T: QueryFragment<Pg> + QueryId>(query: &T) -> QueryResult<Written> {
    with_params(text(query)?, query)
}

fn with_params(sql: Arc<str>, query: &dyn QueryFragment<Pg>) -> QueryResult<Written> {
    let (first, unknown) = collect(query, PASSES[0])?;
    let mut places = Vec::new();
    if !unknown.is_empty() {
        let (second, _) = collect(query, PASSES[1])?;
        let placeholders = u32::try_from(unknown.len() * 2).unwrap_or(u32::MAX);
        for (index, ((_, one), (_, other))) in first.iter().zip(&second).enumerate() {
            let (Some(one), Some(other)) = (one, other) else {
                continue;
            };
            for at in 0..one.len().saturating_sub(3) {
                let offset = offset_at(one, at, PASSES[0]);
                if offset < placeholders && offset_at(other, at, PASSES[1]) == offset {
                    places.push((index, at, offset));
                }
            }
        }
    }
    Ok(Written { sql, params: first, unknown, places })
}

/// How far the four bytes at `at` are above `base`.
fn offset_at(bytes: &[u8], at: usize, base: u32) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).unwrap_or([0; 4]);
    u32::from_be_bytes(four).wrapping_sub(base)
}

type Collected = (Vec<(u32, Option<Vec<u8>>)>, Vec<TypeName>);

fn collect(query: &dyn QueryFragment<Pg>, base: u32) -> QueryResult<Collected> {
    let mut collector = RawBytesBindCollector::<Pg>::new();
    let mut lookup = Placeholders { base, unknown: Vec::new() };
    query.collect_binds(&mut collector, &mut lookup, &Pg)?;
    let oids = collector.metadata.iter().map(|metadata| {
        metadata.oid().map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
    });
    let oids = oids.collect::<QueryResult<Vec<_>>>()?;
    Ok((oids.into_iter().zip(collector.binds).collect(), lookup.unknown))
}

/// Hands out placeholders for types that are not known.
struct Placeholders {
    base: u32,
    unknown: Vec<TypeName>,
}

impl PgMetadataLookup for Placeholders {
    fn lookup_type(&mut self, name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let wanted = (schema.map(ToOwned::to_owned), name.to_owned());
        let index = self.unknown.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            self.unknown.push(wanted);
            self.unknown.len() - 1
        });
        let oid = self.base + 2 * u32::try_from(index).unwrap_or(0);
        PgTypeMetadata::new(oid, oid + 1)
    }
}

impl Written {
    /// The parameters, with the OIDs that the tenant's database has for its own types.
    pub(super) async fn params(mut self, access: &Access) -> Result<(Arc<str>, Vec<TypedParam>)> {
        let mut known = HashMap::new();
        for (index, name) in self.unknown.iter().enumerate() {
            let (oid, array) = Box::pin(oids(access, name)).await?;
            let offset = 2 * u32::try_from(index).unwrap_or(0);
            known.insert(offset, oid);
            known.insert(offset + 1, array);
        }
        for (index, at, offset) in &self.places {
            if let Some((_, Some(bytes))) = self.params.get_mut(*index)
                && let (Some(four), Some(oid)) = (bytes.get_mut(*at..at + 4), known.get(offset))
            {
                four.copy_from_slice(&oid.to_be_bytes());
            }
        }
        let params = self.params.into_iter().map(|(oid, bytes)| {
            let oid = known.get(&oid.wrapping_sub(PASSES[0])).copied().unwrap_or(oid);
            TypedParam::binary(type_of(oid), bytes)
        });
        Ok((self.sql, params.collect()))
    }
}

/// The OIDs of a type and of arrays of it. Asked once, then remembered with the place.
async fn oids(access: &Access, name: &TypeName) -> Result<(u32, u32)> {
    if let Some(oids) = access.place.types().get(name) {
        return Ok(*oids);
    }
    let sql = "SELECT t.oid, t.typarray FROM pg_catalog.pg_type t WHERE t.oid = \
               (CASE WHEN $1::text IS NULL THEN '' ELSE pg_catalog.quote_ident($1) || '.' END \
               || pg_catalog.quote_ident($2::text))::pg_catalog.regtype";
    let query = Query { sql, params: Params::Described(&[&name.0, &name.1]), bounds: None };
    let found = access.run(&query).await?;
    let row = found
        .rows
        .first()
        .ok_or_else(|| crate::Error::Answer(format!("there is no type {:?}", name.1).into()))?;
    let oids = (row.get(0), row.get(1));
    access.place.types().insert(name.clone(), oids);
    Ok(oids)
}

fn type_of(oid: u32) -> Type {
    Type::from_oid(oid)
        .unwrap_or_else(|| Type::new(format!("oid_{oid}"), oid, Kind::Simple, String::new()))
}
