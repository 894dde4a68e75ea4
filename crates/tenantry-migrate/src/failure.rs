use std::fmt;

use serde::Serialize;

use crate::LockHolder;

/// What went wrong with one schema: which file, where in it, and what PostgreSQL said.
///
/// The file was rolled back as a whole; those before it stay applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The failure's stable name.
    ///
    /// | code | |
    /// |---|---|
    /// | `MIGRATION_FAILED` | PostgreSQL refused a file |
    /// | `SEED_FAILED` | a seed has failed |
    /// | `CHECKSUM_CHANGED` | a file was changed after it had been applied |
    /// | `MIGRATION_GONE` | a file that was applied is no longer in the folder, and later ones are |
    /// | `MIGRATION_UNFINISHED` | a file ended its transaction by itself |
    /// | `OUT_OF_ORDER` | a file is older than one that was applied already |
    /// | `LOCK_TIMEOUT` | somebody held a lock for all attempts |
    /// | `FOREIGN_SCHEMA` | a file names or touches what is another tenant's |
    /// | `ROLE_UNUSABLE` | the role of `migrations.role` does not exist, or may not be taken |
    /// | `HOOK_FAILED` | a hook has failed |
    /// | `NO_WAY_DOWN` | a migration that is to be undone has no file for that |
    /// | `CHECKS_MISSING` | a run is to be resumed without the checks that it had between its stages |
    /// | `SCHEMA_MISSING` | the tenant's schema does not exist |
    /// | `SCHEMA_EXISTS` | the schema for a new tenant is there already |
    /// | `MIGRATION_UNKNOWN` | a name that no migration, or more than one, has |
    /// | `LEDGER_MISSING`, `LEDGER_AMBIGUOUS`, `LEDGER_UNKNOWN` | a schema to be adopted has no ledger of another tool's, several, or one of no tool that is known |
    /// | `LEDGER_CHANGED` | another tool's ledger has changed between the plan and its adoption |
    /// | `TENANT_REPEATED`, `SCHEMA_REPEATED` | a source names a tenant with several schemas, or a schema for several tenants |
    /// | `SOURCE_ELSEWHERE`, `QUERY_INVALID`, `TEMPLATE_INVALID`, `TEMPLATE_NOT_ONE_TO_ONE` | a source of tenants that can't be used |
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
    /// The column in it, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The statement's line, and a caret under where it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
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
    /// Who held the lock that was waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<LockHolder>,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: String) -> Self {
        Self {
            code,
            file: None,
            line: None,
            column: None,
            statement: None,
            sqlstate: None,
            message,
            detail: None,
            hint: None,
            holders: Vec::new(),
        }
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether it comes from the same cause as another: then one tenant's is worth reading, and the
    /// others' names are.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let key = |failure: &Self| {
            (failure.code, failure.file.clone(), failure.line, failure.sqlstate.clone())
        };
        // What is said of a lock or a schema names the tenant's own.
        let same_words = self.message == other.message || self.code == "LOCK_TIMEOUT";
        key(self) == key(other) && same_words
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
            sqlstate: error.sqlstate().map(ToOwned::to_owned),
            message: database.map_or_else(|| error.to_string(), |error| error.message.clone()),
            detail: database.and_then(|error| error.detail.clone()),
            hint: database.and_then(|error| error.hint.clone()),
            ..Self::new(error.code(), String::new())
        }
    }
}

/// `0002_projects.sql:7:12: relation "users" does not exist (SQLSTATE 42P01)`, then the statement
/// with a caret, and what else there is to say.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            for part in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{part}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        // An error that PostgreSQL ends a connection with has it in its message.
        if let Some(sqlstate) = &self.sqlstate
            && !self.message.contains("SQLSTATE")
        {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        let more = [&self.statement, &self.detail, &self.hint];
        for line in more.into_iter().flatten().flat_map(|text| text.lines()) {
            write!(f, "\n  {line}")?;
        }
        for holder in &self.holders {
            write!(f, "\n  {holder}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
