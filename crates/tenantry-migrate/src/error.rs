use crate::{Failure, FolderError};

/// The result of what may fail with a [`MigrateError`].
pub type Result<T, E = MigrateError> = std::result::Result<T, E>;

/// Why nothing was migrated, or a tenant was not made or dropped.
///
/// What goes wrong with one tenant among others is a [`Failure`] in the report.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// A folder of migrations can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A schema could not be migrated.
    #[error(transparent)]
    Failed(Box<Failure>),
    /// The tenants, or PostgreSQL, can't be reached or used.
    #[error(transparent)]
    Tenantry(#[from] tenantry::Error),
}

impl MigrateError {
    /// The error's stable name, for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::Failed(failure) => failure.code,
            Self::Tenantry(error) => error.code(),
        }
    }
}

impl From<Box<Failure>> for MigrateError {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}

impl From<Failure> for MigrateError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}
