//! What a tenant's schema has: tables, columns, keys, as PostgreSQL's catalogs tell.

mod read;

use std::sync::Arc;

pub(crate) use self::read::{TABLES, read};
use super::{error::DbError, naming, value::Kind};

/// The tables of one schema, as of one moment.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    tables: Vec<Arc<Table>>,
}

/// A table or view.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// As SQL writes it: a shared one by its full name.
    pub(crate) sql: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of each unique key, the primary key's first.
    pub(crate) keys: Vec<Vec<usize>>,
    /// Whether the first of them is the primary key.
    pub(crate) has_primary_key: bool,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// How values are written.
    pub(crate) kind: Kind,
    /// Whether its type has no counterpart in JavaScript: it is read as text.
    pub(crate) as_text: bool,
    /// Whether PostgreSQL computes it, so that nobody writes it.
    pub(crate) is_generated: bool,
}

impl Catalog {
    /// The table that a name of JavaScript's means.
    pub(crate) fn table(&self, name: &str) -> Result<Arc<Table>, DbError> {
        let tables = self.tables.iter().map(|table| (table.name.as_str(), table));
        naming::find(tables, name).cloned().ok_or_else(|| {
            let names = self.tables.iter().map(|table| table.name.as_str());
            unknown(
                "TABLE_NOT_FOUND",
                format!("there is no table {name:?}"),
                naming::nearest(names, name),
            )
        })
    }
}

impl Table {
    /// The place of the column that a name of JavaScript's means.
    pub(crate) fn index(&self, name: &str) -> Result<usize, DbError> {
        let columns =
            self.columns.iter().enumerate().map(|(index, column)| (column.name.as_str(), index));
        naming::find(columns, name).ok_or_else(|| {
            let names = self.columns.iter().map(|column| column.name.as_str());
            let what = format!("the table {:?} has no column {name:?}", self.name);
            unknown("COLUMN_NOT_FOUND", what, naming::nearest(names, name))
        })
    }

    /// The column that a name of JavaScript's means.
    pub(crate) fn column(&self, name: &str) -> Result<&Column, DbError> {
        self.index(name).map(|index| &self.columns[index])
    }

    /// The primary key, if it is of one column.
    pub(crate) fn id(&self) -> Result<&Column, DbError> {
        match self.keys.first().filter(|_| self.has_primary_key).map(Vec::as_slice) {
            Some(&[index]) => Ok(&self.columns[index]),
            _ => Err(DbError::new(
                "NO_PRIMARY_KEY",
                format!(
                    "the table {:?} has no primary key of one column: name the columns with where",
                    self.name
                ),
            )),
        }
    }
}

impl Column {
    /// As SQL writes it.
    pub(crate) fn sql(&self) -> String {
        naming::quoted(&self.name)
    }

    /// As it is read.
    pub(crate) fn output(&self) -> String {
        let name = self.sql();
        if self.as_text { format!("{name}::pg_catalog.text AS {name}") } else { name }
    }
}

fn unknown(code: &str, what: String, nearest: Option<&str>) -> DbError {
    let hint = nearest.map(|nearest| format!(": did you mean {nearest:?}?")).unwrap_or_default();
    DbError::new(code, what + &hint)
}
