//! INSERT and UPDATE: what `data` says.

use tenantry_js::Data;

use super::{
    options::invalid,
    statement::{Statement, join},
};
use crate::database::{
    catalog::{Column, Table},
    error::DbError,
};

/// The columns that `data` sets, and to what. Undefined is as if it were not there.
pub(super) fn assignments<'a>(
    table: &'a Table,
    data: &'a Data,
) -> Result<Vec<(&'a Column, &'a Data)>, DbError> {
    let Data::Map(entries) = data else {
        return Err(invalid("data is an object of columns and their values".into()));
    };
    let mut set: Vec<(&Column, &Data)> = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        if matches!(value, Data::Undefined) {
            continue;
        }
        let column = table.column(name)?;
        if column.is_generated {
            return Err(invalid(format!("PostgreSQL computes the column {:?}", column.name)));
        }
        if set.iter().any(|(other, _)| other.name == column.name) {
            return Err(invalid(format!("data has two values for the column {:?}", column.name)));
        }
        set.push((column, value));
    }
    Ok(set)
}

/// INSERT of rows, which need not have the same columns: what a row leaves out is its DEFAULT.
pub(super) fn insert(
    statement: &mut Statement,
    table: &Table,
    rows: &[Vec<(&Column, &Data)>],
) -> Result<(), DbError> {
    let mut columns: Vec<&Column> = Vec::new();
    for (column, _) in rows.iter().flatten() {
        if !columns.iter().any(|other| other.name == column.name) {
            columns.push(column);
        }
    }
    statement.push("INSERT INTO ").push(&table.sql);
    if columns.is_empty() {
        if rows.len() == 1 {
            statement.push(" DEFAULT VALUES");
            return Ok(());
        }
        // SQL has no DEFAULT VALUES of several rows: name a column, and its default.
        let Some(first) = table.columns.iter().find(|column| !column.is_generated) else {
            return Err(invalid(format!("the table {:?} has no column to write", table.name)));
        };
        columns.push(first);
    }
    statement.push(" (");
    join(statement, ", ", &columns, |statement, column| {
        statement.push(&column.sql());
        Ok(())
    })?;
    statement.push(") VALUES ");
    join(statement, ", ", rows, |statement, row| {
        statement.push("(");
        join(statement, ", ", &columns, |statement, column| {
            match row.iter().find(|(other, _)| other.name == column.name) {
                Some((_, value)) => statement.value(value, column.kind).map(drop),
                None => {
                    statement.push("DEFAULT");
                    Ok(())
                }
            }
        })?;
        statement.push(")");
        Ok(())
    })
}

/// `SET …` of an UPDATE.
pub(super) fn set(
    statement: &mut Statement,
    assignments: &[(&Column, &Data)],
) -> Result<(), DbError> {
    join(statement, ", ", assignments, |statement, (column, value)| {
        statement.push(&column.sql()).push(" = ").value(value, column.kind).map(drop)
    })
}
