use std::fmt;

use crate::{Failure, FolderError, lint::Finding};

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
    /// A strict run would apply what locks, breaks or loses something.
    #[error(transparent)]
    Unsafe(Box<Unsafe>),
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
            Self::Unsafe(_) => "MIGRATIONS_UNSAFE",
            Self::Tenantry(error) => error.code(),
        }
    }
}

/// What a strict run refuses. Nothing was run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct Unsafe {
    /// What was found in files.
    pub findings: Vec<Finding>,
    /// The migrations in Rust that do not say why they may run.
    pub unread: Vec<String>,
}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.findings.len() + self.unread.len();
        let (plural, them) = if number == 1 { ("", "it") } else { ("s", "them") };
        write!(
            f,
            "{number} statement{plural} may lock, break or lose something, and --strict refuses \
             {them}; nothing was run"
        )?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n{finding}"))?;
        self.unread.iter().try_for_each(|name| {
            write!(
                f,
                "\n{name}: nobody can read what code in Rust does\n  Say why it may run: \
                 RustMigration::allowed_because"
            )
        })
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
