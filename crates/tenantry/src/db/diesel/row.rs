use std::{error::Error, num::NonZeroU32, ops::Range, sync::Arc};

use diesel::{
    backend::Backend,
    pg::{Pg, PgValue, TypeOidLookup},
    row::{Field, PartialRow, Row as DieselRow, RowIndex, RowSealed},
};
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};

/// A row as Diesel reads it.
#[derive(Debug)]
pub struct TenantRow {
    row: Row,
    types: Arc<[ColumnType]>,
}

impl TenantRow {
    /// The rows of one answer; they share what is known of their columns.
    pub(super) fn all(rows: Vec<Row>) -> Vec<Self> {
        let Some(first) = rows.first() else {
            return Vec::new();
        };
        let types: Arc<[ColumnType]> =
            first.columns().iter().map(|column| ColumnType::new(column.type_())).collect();
        rows.into_iter().map(|row| Self { row, types: Arc::clone(&types) }).collect()
    }
}

impl RowSealed for TenantRow {}

impl<'a> DieselRow<'a, Pg> for TenantRow {
    type Field<'f>
        = TenantField<'f>
    where
        'a: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.row.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        Some(TenantField { row: self, index: self.idx(index)? })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self::InnerPartialRow> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for TenantRow {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.row.len()).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for TenantRow {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.row.columns().iter().position(|column| column.name() == name)
    }
}

/// A value in a [`TenantRow`].
#[derive(Debug)]
pub struct TenantField<'a> {
    row: &'a TenantRow,
    index: usize,
}

impl<'a> Field<'a, Pg> for TenantField<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.row.columns().get(self.index).map(tokio_postgres::Column::name)
    }

    fn value(&self) -> Option<<Pg as Backend>::RawValue<'_>> {
        let Bytes(bytes) = self.row.row.try_get(self.index).ok()?;
        Some(PgValue::new(bytes?, self.row.types.get(self.index)?))
    }
}

/// The OID of a column's type.
#[derive(Debug)]
struct ColumnType(NonZeroU32);

impl ColumnType {
    fn new(ty: &Type) -> Self {
        Self(NonZeroU32::new(ty.oid()).unwrap_or(NonZeroU32::MIN))
    }
}

impl TypeOidLookup for ColumnType {
    fn lookup(&self) -> NonZeroU32 {
        self.0
    }
}

/// A value's bytes as they came, of whatever type; `None` is NULL.
struct Bytes<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
