//! What goes wrong with a tenant's data, as its JavaScript sees it.

use tenantry::{DatabaseError, Error};
use tenantry_js::{Data, HostError};

/// An error for a tenant's code: no schema's name, no address, no SQL of ours in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DbError(HostError);

impl DbError {
    /// Of this stable name; a mistake of the tenant's developer, so a 500 where nobody catches it.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self(HostError::new(code, message).with_status(500))
    }

    /// With another status of HTTP's.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self(self.0.with_status(status))
    }

    /// With a property, if there is something to say.
    pub(crate) fn with(self, name: &str, value: Option<impl Into<Data>>) -> Self {
        match value {
            Some(value) => Self(self.0.with_field(name, value)),
            None => self,
        }
    }

    /// Its stable name.
    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    /// As the host throws it.
    pub(crate) fn into_host(self) -> HostError {
        match self.code() {
            "SQL_REFUSED" | "SHARED_READ_ONLY" | "PERMISSION_DENIED" => self.0.as_refusal(),
            _ => self.0,
        }
    }
}

impl From<super::guard::Refused> for DbError {
    fn from(refused: super::guard::Refused) -> Self {
        Self::new("SQL_REFUSED", refused.to_string())
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Database(said) => Self::from_postgres(said),
            Error::AnswerTooLarge => Self::new(
                "RESULT_TOO_LARGE",
                "the result is larger than database.max_rows and database.max_bytes allow: ask for fewer rows with take or LIMIT",
            ),
            Error::RolledBack => Self::new("TRANSACTION_FAILED", error.to_string()),
            Error::PoolTimeout(_) | Error::PoolSaturated(_) => {
                Self::new(error.code(), "the database has no connection free just now")
                    .with_status(503)
            }
            Error::TenantSuspended(_) => {
                Self::new(error.code(), "the tenant is suspended").with_status(403)
            }
            Error::TenantArchived(_) => {
                Self::new(error.code(), "the tenant is archived").with_status(410)
            }
            Error::TenantNotFound(_) | Error::TenantMoved(_) => {
                Self::new(error.code(), "the tenant has no place in the database").with_status(404)
            }
            Error::Answer(_) => {
                tracing::debug!(%error, "an answer of PostgreSQL that was not expected");
                Self::new(error.code(), "the database's answer could not be read")
            }
            _ => {
                tracing::warn!(%error, "a tenant's database could not be used");
                Self::new("DATABASE_UNAVAILABLE", "the database cannot be used just now")
                    .with_status(503)
            }
        }
    }
}

impl DbError {
    fn from_postgres(said: &DatabaseError) -> Self {
        let (code, status) = meaning(said.sqlstate());
        let detail = said.detail.clone().filter(|_| is_about_rows(said.sqlstate()));
        Self::new(code, said.message.clone())
            .with_status(status)
            .with("sqlState", Some(said.sqlstate()))
            .with("detail", detail)
            .with("hint", said.hint.clone())
            .with("table", said.table.clone())
            .with("column", said.column.clone())
            .with("constraint", said.constraint.clone())
            .with("position", said.position)
    }
}

/// Details that speak of keys and rows; others may speak of the server.
fn is_about_rows(sqlstate: &str) -> bool {
    sqlstate.starts_with("23") || sqlstate.starts_with("22")
}

/// The stable name of an SQLSTATE, and what it means for a request that does not catch it.
fn meaning(sqlstate: &str) -> (&'static str, u16) {
    match sqlstate {
        "23505" => ("UNIQUE_VIOLATION", 409),
        "23503" => ("FOREIGN_KEY_VIOLATION", 409),
        "23P01" => ("EXCLUSION_VIOLATION", 409),
        "23502" => ("NOT_NULL_VIOLATION", 400),
        "23514" => ("CHECK_VIOLATION", 400),
        "40001" => ("SERIALIZATION_FAILURE", 409),
        "40P01" => ("DEADLOCK", 409),
        "55P03" => ("LOCK_NOT_AVAILABLE", 409),
        "57014" => ("QUERY_TIMEOUT", 504),
        "25P02" => ("TRANSACTION_FAILED", 500),
        "42501" => ("PERMISSION_DENIED", 403),
        "42601" => ("SYNTAX_ERROR", 500),
        "42P01" => ("TABLE_NOT_FOUND", 500),
        "42703" => ("COLUMN_NOT_FOUND", 500),
        "42883" => ("FUNCTION_NOT_FOUND", 500),
        "0A000" => ("NOT_SUPPORTED", 500),
        "53200" | "53100" => ("DATABASE_OUT_OF_ROOM", 503),
        "54001" | "54000" => ("QUERY_TOO_COMPLEX", 500),
        state if state.starts_with("22") => ("VALUE_INVALID", 400),
        state if state.starts_with("23") => ("CONSTRAINT_VIOLATION", 409),
        _ => ("DATABASE_ERROR", 500),
    }
}
