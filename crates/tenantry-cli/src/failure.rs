use std::{io, process::ExitCode};

use serde::Serialize;
use tenantry::{ConfigError, Error, InvalidSchemaName, InvalidTenantId};
use tenantry_devdb::DevDbError;
use tenantry_migrate::{FolderError, FolderProblem, MigrateError};

/// The result of what may fail with a [`Failure`].
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// The status the process exits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It is done.
    Done = 0,
    /// It ran, and something failed or differs.
    Failed = 1,
    /// Wrong usage or configuration: nothing has run.
    Usage = 2,
    /// The database cannot be reached.
    Unreachable = 3,
    /// Stopped by Ctrl-C or SIGTERM before it was done.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be done, for people and as JSON.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Failure {
    words: Box<Words>,
    #[serde(skip)]
    pub(crate) exit: Exit,
}

/// What there is to say about it.
#[derive(Debug, Default, Serialize)]
struct Words {
    /// The error's stable name.
    code: &'static str,
    /// What happened, and what to do.
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Each thing that is wrong with files, where that is why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<FolderProblem>,
    /// All of it, for people, where the message is not.
    #[serde(skip)]
    text: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { words: Box::new(Words { code, message, ..Words::default() }), exit }
    }

    /// This one, and another of the kind.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.words.message = format!("{}\n{}", self.words.message, other.words.message);
        self.words.problems.extend(other.words.problems);
        self
    }

    /// What a person reads.
    pub(crate) fn text(&self) -> &str {
        self.words.text.as_deref().unwrap_or(&self.words.message)
    }

    /// What was typed makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "USAGE", message)
    }

    /// Stopped before it was done.
    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Exit::Interrupted, "INTERRUPTED", message)
    }

    /// The machine does not do what every machine does.
    pub(crate) fn io(doing: &str, error: &io::Error) -> Self {
        Self::new(Exit::Failed, "IO_ERROR", format!("{doing}: {error}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Unavailable(_) => Exit::Unreachable,
            Error::Config(_)
            | Error::Tls(_)
            | Error::TenantInvalid(_)
            | Error::SchemaNameInvalid(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        let mut failure = Self::new(exit, error.code(), error.to_string());
        failure.words.sqlstate = error.sqlstate().map(ToOwned::to_owned);
        failure
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        let text = error.to_string();
        match error {
            MigrateError::Tenantry(error) => error.into(),
            MigrateError::Folder(error) => error.into(),
            MigrateError::Failed(failure) => {
                let exit = match failure.code {
                    _ if failure.is_unavailable() => Exit::Unreachable,
                    "MIGRATION_UNKNOWN"
                    | "SOURCE_ELSEWHERE"
                    | "TEMPLATE_INVALID"
                    | "TEMPLATE_NOT_ONE_TO_ONE" => Exit::Usage,
                    _ => Exit::Failed,
                };
                let words = Words {
                    code: failure.code,
                    message: failure.message,
                    file: failure.file,
                    line: failure.line,
                    sqlstate: failure.sqlstate,
                    detail: failure.detail,
                    hint: failure.hint,
                    text: Some(text),
                    problems: Vec::new(),
                };
                Self { words: Box::new(words), exit }
            }
            other => Self::new(Exit::Failed, other.code(), text),
        }
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        let mut failure = Self::new(Exit::Usage, error.code(), error.to_string());
        failure.words.problems = error.problems().to_vec();
        failure
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Error::from(error).into()
    }
}

impl From<InvalidTenantId> for Failure {
    fn from(error: InvalidTenantId) -> Self {
        Error::from(error).into()
    }
}

impl From<InvalidSchemaName> for Failure {
    fn from(error: InvalidSchemaName) -> Self {
        Error::from(error).into()
    }
}

impl From<DevDbError> for Failure {
    fn from(error: DevDbError) -> Self {
        Self::new(Exit::Failed, error.code(), error.to_string())
    }
}
