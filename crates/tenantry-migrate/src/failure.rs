use std::fmt;

use serde::Serialize;

/// What went wrong with one schema: which file, where in it, and what PostgreSQL said.
///
/// The file was rolled back as a whole; those before it stay applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The failure's stable name.
    ///
    /// | code | |
    /// |---|---|
    /// | `MIGRATION_FAILED` | PostgreSQL refused a file |
    /// | `CHECKSUM_CHANGED` | a file was changed after it had been applied |
    /// | `MIGRATION_GONE` | a file that was applied is no longer in the folder, and later ones are |
    /// | `MIGRATION_UNFINISHED` | a file ended its transaction by itself |
    /// | `SCHEMA_MISSING` | the tenant's schema does not exist |
    /// | `SCHEMA_EXISTS` | the schema for a new tenant is there already |
    /// | `MIGRATION_UNKNOWN` | a name that no migration, or more than one, has |
    /// | `LEDGER_UNREADABLE` | the ledger's table cannot be read |
    ///
    /// or one of [`tenantry::Error::code`].
    pub code: &'static str,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, where PostgreSQL says where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// PostgreSQL's SQLSTATE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// What happened.
    pub message: String,
    /// More about it, where PostgreSQL says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: String) -> Self {
        Self { code, file: None, line: None, sqlstate: None, message, detail: None, hint: None }
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether PostgreSQL could not be reached.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.code == "DATABASE_UNAVAILABLE"
    }
}

/// For what went wrong outside of a file.
impl From<tenantry::Error> for Failure {
    fn from(error: tenantry::Error) -> Self {
        let database = error.as_database_error();
        Self {
            code: error.code(),
            file: None,
            line: None,
            sqlstate: error.sqlstate().map(ToOwned::to_owned),
            message: database.map_or_else(|| error.to_string(), |error| error.message.clone()),
            detail: database.and_then(|error| error.detail.clone()),
            hint: database.and_then(|error| error.hint.clone()),
        }
    }
}

/// `0002_projects.sql:7: relation "users" does not exist (SQLSTATE 42P01)`
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.message)?;
        // An error that PostgreSQL ends a connection with has it in its message.
        if let Some(sqlstate) = &self.sqlstate
            && !self.message.contains("SQLSTATE")
        {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, "\n  {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
