use std::{error::Error as StdError, fmt};

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

/// What PostgreSQL said when it refused a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseError {
    /// The SQLSTATE.
    pub code: SqlState,
    /// The message, one line.
    pub message: String,
    /// More about it, where PostgreSQL says more.
    pub detail: Option<String>,
    /// What PostgreSQL suggests.
    pub hint: Option<String>,
    /// The table concerned.
    pub table: Option<String>,
    /// The column concerned.
    pub column: Option<String>,
    /// The constraint that was violated.
    pub constraint: Option<String>,
    /// Where in the statement, in characters from 1.
    pub position: Option<u32>,
    /// In which function, and at which line of it, where it happened in one.
    pub context: Option<String>,
}

impl DatabaseError {
    pub(super) fn new(error: &DbError) -> Self {
        Self {
            code: error.code().clone(),
            message: error.message().to_owned(),
            detail: error.detail().map(ToOwned::to_owned),
            hint: error.hint().map(ToOwned::to_owned),
            table: error.table().map(ToOwned::to_owned),
            column: error.column().map(ToOwned::to_owned),
            constraint: error.constraint().map(ToOwned::to_owned),
            position: match error.position() {
                Some(ErrorPosition::Original(position)) => Some(*position),
                _ => None,
            },
            context: error.where_().map(ToOwned::to_owned),
        }
    }

    /// Whether the server had no room left on its disk, or in its memory: nothing is wrong with the
    /// statement, but to send it again at once does not help.
    #[must_use]
    pub fn is_out_of_room(&self) -> bool {
        [SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY].contains(&self.code)
    }

    /// The five characters of the SQLSTATE.
    #[must_use]
    pub fn sqlstate(&self) -> &str {
        self.code.code()
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SQLSTATE {})", self.message, self.sqlstate())
    }
}

impl StdError for DatabaseError {}
