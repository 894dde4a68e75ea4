//! `where`.

use tenantry_js::Data;

use super::statement::{Statement, join};
use crate::database::{
    catalog::{Column, Table},
    error::DbError,
    naming,
    value::Kind,
};

/// How deep conditions may be in each other.
const DEEPEST: usize = 32;

const OPERATORS: [&str; 13] = [
    "equals",
    "not",
    "in",
    "notIn",
    "lt",
    "lte",
    "gt",
    "gte",
    "contains",
    "startsWith",
    "endsWith",
    "mode",
    "has",
];

/// Adds the condition that `filter` says: all that it lists.
pub(super) fn condition(
    statement: &mut Statement,
    table: &Table,
    filter: &Data,
) -> Result<(), DbError> {
    nested(statement, table, filter, 0)
}

fn nested(
    statement: &mut Statement,
    table: &Table,
    filter: &Data,
    depth: usize,
) -> Result<(), DbError> {
    let Data::Map(entries) = filter else {
        return Err(invalid("where is an object of columns and what they are to be"));
    };
    if depth > DEEPEST {
        return Err(invalid("where is nested too deeply"));
    }
    if entries.is_empty() {
        statement.push("TRUE");
    }
    join(statement, " AND ", entries, |statement, (name, value)| {
        if matches!(value, Data::Undefined) {
            return Err(invalid(&format!(
                "where.{name} is undefined, which would leave the condition out: write null for what is NULL"
            )));
        }
        match name.as_str() {
            "AND" => group(statement, table, value, " AND ", "TRUE", depth),
            "OR" => group(statement, table, value, " OR ", "FALSE", depth),
            "NOT" => {
                statement.push("NOT ");
                group(statement, table, value, " AND ", "TRUE", depth)
            }
            _ => column(statement, table.column(name)?, value, depth),
        }
    })
}

/// Several conditions, in a list or alone.
fn group(
    statement: &mut Statement,
    table: &Table,
    filters: &Data,
    between: &str,
    none: &str,
    depth: usize,
) -> Result<(), DbError> {
    let filters = match filters {
        Data::List(filters) => filters.as_slice(),
        one => std::slice::from_ref(one),
    };
    statement.push("(");
    if filters.is_empty() {
        statement.push(none);
    }
    join(statement, between, filters, |statement, filter| {
        statement.push("(");
        nested(statement, table, filter, depth + 1)?;
        statement.push(")");
        Ok(())
    })?;
    statement.push(")");
    Ok(())
}

/// What one column is to be.
fn column(
    statement: &mut Statement,
    column: &Column,
    value: &Data,
    depth: usize,
) -> Result<(), DbError> {
    let operators = match value {
        // An object for a column of JSON is a value, unless it says nothing but operators.
        Data::Map(entries)
            if column.kind != Kind::Json
                || entries.iter().all(|(name, _)| OPERATORS.contains(&name.as_str()))
                    && !entries.is_empty() =>
        {
            entries
        }
        value => return equal(statement, column, value),
    };
    if depth > DEEPEST {
        return Err(invalid("where is nested too deeply"));
    }
    let is_insensitive = match operators.iter().find(|(name, _)| name == "mode") {
        None => false,
        Some((_, Data::Text(mode))) if mode == "insensitive" => true,
        Some((_, Data::Text(mode))) if mode == "default" => false,
        Some(_) => return Err(invalid(r#"mode is "default" or "insensitive""#)),
    };
    let operators = operators.iter().filter(|(name, _)| name != "mode");
    if operators.clone().next().is_none() {
        return Err(invalid(&format!("where.{} says nothing", column.name)));
    }
    statement.push("(");
    join(statement, " AND ", operators, |statement, (name, value)| {
        if matches!(value, Data::Undefined) {
            return Err(invalid(&format!("where.{}.{name} is undefined", column.name)));
        }
        operator(statement, column, name, value, is_insensitive, depth)
    })?;
    statement.push(")");
    Ok(())
}

fn operator(
    statement: &mut Statement,
    column: &Column,
    name: &str,
    value: &Data,
    is_insensitive: bool,
    depth: usize,
) -> Result<(), DbError> {
    let compare = |statement: &mut Statement, sign: &str| {
        statement.push(&column.sql()).push(sign).value(value, column.kind).map(drop)
    };
    match name {
        "equals" if is_insensitive => like(statement, column, value, ["", ""], true),
        "equals" => equal(statement, column, value),
        "not" => {
            // As in JavaScript: what is NULL is not equal to a value.
            statement.push("(");
            self::column(statement, column, value, depth + 1)?;
            statement.push(") IS NOT TRUE");
            Ok(())
        }
        "in" | "notIn" => list(statement, column, value, name == "in"),
        "lt" => compare(statement, " < "),
        "lte" => compare(statement, " <= "),
        "gt" => compare(statement, " > "),
        "gte" => compare(statement, " >= "),
        "contains" => like(statement, column, value, ["%", "%"], is_insensitive),
        "startsWith" => like(statement, column, value, ["", "%"], is_insensitive),
        "endsWith" => like(statement, column, value, ["%", ""], is_insensitive),
        "has" => {
            statement.value(value, Kind::Scalar)?.push(" = ANY (").push(&column.sql()).push(")");
            Ok(())
        }
        unknown => {
            let nearest = naming::nearest(OPERATORS.into_iter(), unknown);
            let hint = nearest.map_or_else(
                || format!(": there are {}", OPERATORS.join(", ")),
                |nearest| format!(": did you mean {nearest:?}?"),
            );
            Err(invalid(&format!("where.{} has no operator {unknown:?}{hint}", column.name)))
        }
    }
}

fn equal(statement: &mut Statement, column: &Column, value: &Data) -> Result<(), DbError> {
    statement.push(&column.sql());
    if value.is_nullish() {
        statement.push(" IS NULL");
        return Ok(());
    }
    statement.push(" = ").value(value, column.kind).map(drop)
}

fn list(
    statement: &mut Statement,
    column: &Column,
    value: &Data,
    is_in: bool,
) -> Result<(), DbError> {
    let Data::List(items) = value else {
        return Err(invalid(&format!("in and notIn of {:?} take an array", column.name)));
    };
    if items.iter().any(Data::is_nullish) {
        return Err(invalid(&format!(
            "in and notIn of {:?} take no null, which is equal to nothing: add {{ {}: null }} by OR",
            column.name, column.name
        )));
    }
    let of_json = column.kind == Kind::Json;
    statement.push("(").push(&column.sql()).push(if is_in { " = ANY (" } else { " <> ALL (" });
    statement.value(value, Kind::Array { of_json })?.push(")");
    if !is_in {
        statement.push(" OR ").push(&column.sql()).push(" IS NULL");
    }
    statement.push(")");
    Ok(())
}

fn like(
    statement: &mut Statement,
    column: &Column,
    value: &Data,
    [before, after]: [&str; 2],
    is_insensitive: bool,
) -> Result<(), DbError> {
    let Data::Text(text) = value else {
        return Err(invalid(&format!("{:?} is compared with a string here", column.name)));
    };
    let mut pattern = String::from(before);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push_str(after);
    let sign = if is_insensitive { "::pg_catalog.text ILIKE " } else { "::pg_catalog.text LIKE " };
    statement.push(&column.sql()).push(sign).text(pattern).map(drop)
}

fn invalid(message: &str) -> DbError {
    DbError::new("QUERY_INVALID", message)
}
