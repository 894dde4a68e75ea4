//! A statement's answer, as a method gives it to JavaScript.

use tenantry_js::Data;

use super::{
    config::DatabaseConfig,
    error::DbError,
    query::Answer,
    value::{Integers, rows},
};

/// What it gets of a text: its rows, and how many were written, or read.
pub(super) fn counted(given: &tenantry::Answer, config: &DatabaseConfig) -> Result<Data, DbError> {
    let rows = answer(given, Answer::Rows, config)?;
    Ok(Data::List(vec![rows, Data::Number(given.affected as f64)]))
}

/// What JavaScript gets of a method: its result.
pub(super) fn answer(
    given: &tenantry::Answer,
    wanted: Answer,
    config: &DatabaseConfig,
) -> Result<Data, DbError> {
    let read = || rows(&given.rows, config.integers, config.naming);
    Ok(match wanted {
        Answer::Rows => Data::List(read()?),
        Answer::Row => read()?.into_iter().next().unwrap_or(Data::Null),
        Answer::Count => count(given.affected),
        Answer::Nothing => count(0),
        Answer::Number => {
            let rows = rows(&given.rows, Integers::Auto, config.naming)?;
            match rows.into_iter().next() {
                Some(Data::Map(mut entries)) if !entries.is_empty() => entries.swap_remove(0).1,
                _ => Data::Number(0.0),
            }
        }
    })
}

/// `{ count }`.
fn count(count: u64) -> Data {
    Data::Map(vec![("count".to_owned(), Data::Number(count as f64))])
}
