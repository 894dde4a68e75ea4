//! `orderBy`.

use tenantry_js::Data;

use super::statement::{Statement, join};
use crate::database::{catalog::Table, error::DbError};

/// Adds ORDER BY, if there is anything to order by.
pub(super) fn order_by(
    statement: &mut Statement,
    table: &Table,
    order: &Data,
) -> Result<(), DbError> {
    let parts = match order {
        Data::List(parts) => parts.as_slice(),
        part => std::slice::from_ref(part),
    };
    let mut keys = Vec::new();
    for part in parts {
        let Data::Map(entries) = part else { return Err(invalid()) };
        for (name, direction) in entries {
            keys.push((table.column(name)?, direction));
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    statement.push(" ORDER BY ");
    join(statement, ", ", keys, |statement, (column, direction)| {
        let (direction, nulls) = match direction {
            Data::Map(_) => (direction.get("sort").unwrap_or(direction), direction.get("nulls")),
            direction => (direction, None),
        };
        statement.push(&column.sql());
        statement.push(match direction.as_text() {
            Some("asc") => " ASC",
            Some("desc") => " DESC",
            _ => return Err(invalid()),
        });
        statement.push(match nulls.map(Data::as_text) {
            None => "",
            Some(Some("first")) => " NULLS FIRST",
            Some(Some("last")) => " NULLS LAST",
            Some(_) => return Err(invalid()),
        });
        Ok(())
    })
}

fn invalid() -> DbError {
    DbError::new(
        "QUERY_INVALID",
        r#"orderBy is { column: "asc" | "desc" }, { column: { sort, nulls: "first" | "last" } }, or an array of these"#,
    )
}
