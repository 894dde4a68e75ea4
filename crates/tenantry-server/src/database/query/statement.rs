use tenantry::{TypedParam, tokio_postgres::types::Type};
use tenantry_js::Data;

use crate::database::{
    error::DbError,
    value::{Kind, encode},
};

/// PostgreSQL's own limit.
const MOST_PARAMETERS: usize = 65_535;

/// SQL and its parameters, as they are put together.
#[derive(Debug, Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) params: Vec<TypedParam>,
}

impl Statement {
    /// Adds SQL.
    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a value, as the next parameter.
    pub(super) fn value(&mut self, value: &Data, kind: Kind) -> Result<&mut Self, DbError> {
        let text = encode(value, kind)?;
        self.param(Type::UNKNOWN, text)
    }

    /// Adds a text, as the next parameter.
    pub(super) fn text(&mut self, text: String) -> Result<&mut Self, DbError> {
        self.param(Type::TEXT, Some(text))
    }

    /// Adds a number of rows.
    pub(super) fn number(&mut self, number: u64) -> Result<&mut Self, DbError> {
        self.param(Type::INT8, Some(number.to_string()))
    }

    fn param(&mut self, ty: Type, text: Option<String>) -> Result<&mut Self, DbError> {
        if self.params.len() == MOST_PARAMETERS {
            return Err(DbError::new(
                "TOO_MANY_PARAMETERS",
                format!("a statement takes {MOST_PARAMETERS} values at most"),
            ));
        }
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            return Err(
                DbError::new("VALUE_INVALID", "PostgreSQL's text has no NUL").with_status(400)
            );
        }
        self.params.push(TypedParam::text(ty, text));
        self.sql.push_str(&format!("${}", self.params.len()));
        Ok(self)
    }
}

/// Adds each of `items` by `add`, with `between` between them.
pub(super) fn join<T>(
    statement: &mut Statement,
    between: &str,
    items: impl IntoIterator<Item = T>,
    mut add: impl FnMut(&mut Statement, T) -> Result<(), DbError>,
) -> Result<(), DbError> {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            statement.push(between);
        }
        add(statement, item)?;
    }
    Ok(())
}
