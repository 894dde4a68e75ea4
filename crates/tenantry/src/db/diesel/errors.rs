use std::sync::Arc;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use tokio_postgres::error::SqlState;

use crate::{DatabaseError, Error};

/// The SQLSTATE of an error that a [`TenantDb`](crate::TenantDb) or
/// [`SharedDb`](crate::SharedDb) gave through Diesel.
///
/// Diesel's own kinds name eight of them; this names all.
#[must_use]
pub fn sqlstate(error: &DieselError) -> Option<&str> {
    match error {
        DieselError::DatabaseError(_, information) => state_of(information.message()),
        DieselError::QueryBuilderError(error) => error.downcast_ref::<Error>()?.sqlstate(),
        _ => None,
    }
}

/// The constraint that a statement would have violated, by an error that a
/// [`TenantDb`](crate::TenantDb) or [`SharedDb`](crate::SharedDb) gave through Diesel.
///
/// ```
/// fn explain(error: &diesel::result::Error) -> &'static str {
///     match tenantry::violated(error) {
///         Some("users_email_key") => "this address is taken",
///         _ => "something went wrong",
///     }
/// }
/// ```
#[must_use]
pub fn violated(error: &DieselError) -> Option<&str> {
    match error {
        DieselError::DatabaseError(_, information) => information.constraint_name(),
        _ => None,
    }
}

/// The five characters at the end of our messages: `… (SQLSTATE 23505)`.
fn state_of(message: &str) -> Option<&str> {
    let (_, state) = message.strip_suffix(')')?.rsplit_once("(SQLSTATE ")?;
    (state.len() == 5).then_some(state)
}

/// As Diesel has it: what PostgreSQL refused as a `DatabaseError` whose message ends in the
/// SQLSTATE; the rest (no connection, no tenant) as our own error, inside `QueryBuilderError`.
pub(super) fn to_diesel(error: Error) -> DieselError {
    match error {
        Error::Database(error) => {
            let kind = kind_of(&error.code);
            let message = error.to_string();
            DieselError::DatabaseError(kind, Box::new(Information { error, message }))
        }
        other => DieselError::QueryBuilderError(Box::new(other)),
    }
}

fn kind_of(code: &SqlState) -> DatabaseErrorKind {
    let kinds = [
        (SqlState::UNIQUE_VIOLATION, DatabaseErrorKind::UniqueViolation),
        (SqlState::FOREIGN_KEY_VIOLATION, DatabaseErrorKind::ForeignKeyViolation),
        (SqlState::RESTRICT_VIOLATION, DatabaseErrorKind::RestrictViolation),
        (SqlState::EXCLUSION_VIOLATION, DatabaseErrorKind::ExclusionViolation),
        (SqlState::NOT_NULL_VIOLATION, DatabaseErrorKind::NotNullViolation),
        (SqlState::CHECK_VIOLATION, DatabaseErrorKind::CheckViolation),
        (SqlState::T_R_SERIALIZATION_FAILURE, DatabaseErrorKind::SerializationFailure),
        (SqlState::READ_ONLY_SQL_TRANSACTION, DatabaseErrorKind::ReadOnlyTransaction),
    ];
    let found = kinds.into_iter().find(|(state, _)| state == code);
    found.map_or(DatabaseErrorKind::Unknown, |(_, kind)| kind)
}

struct Information {
    error: Arc<DatabaseError>,
    message: String,
}

impl DatabaseErrorInformation for Information {
    fn message(&self) -> &str {
        &self.message
    }

    fn details(&self) -> Option<&str> {
        self.error.detail.as_deref()
    }

    fn hint(&self) -> Option<&str> {
        self.error.hint.as_deref()
    }

    fn table_name(&self) -> Option<&str> {
        self.error.table.as_deref()
    }

    fn column_name(&self) -> Option<&str> {
        self.error.column.as_deref()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.error.constraint.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        self.error.position.and_then(|position| position.try_into().ok())
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(_, information)
                if state_of(information.message()).is_some() =>
            {
                let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
                let state = state_of(information.message()).unwrap_or_default();
                let end = information.message().rfind(" (SQLSTATE ").unwrap_or_default();
                Self::Database(Arc::new(DatabaseError {
                    code: SqlState::from_code(state),
                    message: information.message()[..end].to_owned(),
                    detail: owned(information.details()),
                    hint: owned(information.hint()),
                    table: owned(information.table_name()),
                    column: owned(information.column_name()),
                    constraint: owned(information.constraint_name()),
                    position: information.statement_position().and_then(|p| p.try_into().ok()),
                    context: None,
                }))
            }
            DieselError::QueryBuilderError(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(error) => Self::application(error),
            },
            other => Self::application(other),
        }
    }
}
