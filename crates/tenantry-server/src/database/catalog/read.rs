use std::sync::Arc;

use serde::Deserialize;
use tenantry::tokio_postgres::Row;

use super::{Catalog, Column, Table};
use crate::database::{
    error::DbError,
    naming,
    value::{Kind, scalar_is_known},
};

/// The tables of the schema `$1`: one row a table, so that nothing is joined here. Domains are what they are made of.
pub(crate) const TABLES: &str = "\
    SELECT pg_catalog.json_build_object('name', c.relname, 'columns', \
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_object(\
    'number', a.attnum, 'name', a.attname, 'type', coalesce(e.typname, b.typname), \
    'kind', coalesce(e.typtype, b.typtype), 'array', e.oid IS NOT NULL, \
    'generated', a.attgenerated <> '' OR a.attidentity = 'a') ORDER BY a.attnum) \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
    LEFT JOIN pg_catalog.pg_type e ON b.typcategory = 'A' AND e.oid = b.typelem \
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), 'keys', \
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('primary', i.indisprimary, 'columns', \
    (SELECT pg_catalog.json_agg(k.attnum ORDER BY k.place) FROM \
    pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k(attnum, place) \
    WHERE k.place <= i.indnkeyatts)) ORDER BY i.indisprimary DESC, i.indexrelid) \
    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid \
    AND i.indpred IS NULL AND i.indexprs IS NULL))::pg_catalog.text \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1 AND c.relkind = ANY ('{r,p,v,m,f}') ORDER BY c.relname";

#[derive(Deserialize)]
struct TableRow {
    name: String,
    columns: Option<Vec<ColumnRow>>,
    keys: Option<Vec<KeyRow>>,
}

#[derive(Deserialize)]
struct ColumnRow {
    number: i64,
    name: String,
    r#type: String,
    kind: String,
    array: bool,
    generated: bool,
}

#[derive(Deserialize)]
struct KeyRow {
    primary: bool,
    columns: Vec<i64>,
}

/// What a schema has, by the answer to [`TABLES`]. Tables of the shared schema are written by their full
/// name, which is given then.
pub(crate) fn read(rows: &[Row], full_name: Option<&str>) -> Result<Catalog, DbError> {
    let mut tables = Vec::with_capacity(rows.len());
    for row in rows {
        let unreadable =
            || DbError::new("DATABASE_ERROR", "the database's catalogs could not be read");
        let text: &str = row.try_get(0).map_err(|_| unreadable())?;
        let row: TableRow = serde_json::from_str(text).map_err(|_| unreadable())?;
        // PostgreSQL would read its own tables in their place.
        if !row.name.starts_with("pg_") {
            tables.push(Arc::new(table(row, full_name)));
        }
    }
    Ok(Catalog { tables })
}

fn table(row: TableRow, schema: Option<&str>) -> Table {
    let columns = row.columns.unwrap_or_default();
    let place = |number: &i64| columns.iter().position(|column| column.number == *number);
    let keys = row.keys.unwrap_or_default();
    let has_primary_key = keys.first().is_some_and(|key| key.primary);
    let keys = keys.iter().filter_map(|key| key.columns.iter().map(place).collect()).collect();
    let name = naming::quoted(&row.name);
    let sql = match schema {
        Some(schema) => format!("{}.{name}", naming::quoted(schema)),
        None => name,
    };
    let columns = columns.into_iter().map(column).collect();
    Table { name: row.name, sql, columns, keys, has_primary_key }
}

fn column(row: ColumnRow) -> Column {
    let is_json = matches!(&*row.r#type, "json" | "jsonb");
    let kind = match (row.array, is_json) {
        (true, of_json) => Kind::Array { of_json },
        (false, true) => Kind::Json,
        (false, false) => Kind::Scalar,
    };
    let as_text = row.kind != "e" && !scalar_is_known(&row.r#type);
    Column { name: row.name, kind, as_text, is_generated: row.generated }
}
