use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The result of this crate's functions.
pub type Result<T, E = DevDbError> = std::result::Result<T, E>;

/// What can go wrong with a private PostgreSQL, told so that a person can act on it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevDbError {
    /// No PostgreSQL 14 to 18 on this machine.
    #[error("no PostgreSQL 14 to 18 was found on this machine\n\nlooked at:\n{looked}\n{hint}")]
    NotFound {
        /// Each place that was looked at, with what was there.
        looked: Looked,
        /// What to type to install it.
        hint: String,
    },

    /// The data directory was made by a PostgreSQL that is not installed here.
    #[error(
        "{} was made by PostgreSQL {made_by}, which is not installed here (found: {found}); \
         install PostgreSQL {made_by}, or use another data directory",
        dir.display()
    )]
    VersionMismatch {
        /// The directory.
        dir: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The versions that are installed.
        found: String,
    },

    /// PostgreSQL refuses to run as root, and there is no account to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither an account `postgres` \
         nor `nobody` to run it as; make one (useradd --system postgres), or start this program \
         as another user"
    )]
    NoAccount,

    /// The data directory cannot be used.
    #[error("cannot keep a database in {}: {reason}", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A setting that PostgreSQL cannot have, or that is decided otherwise.
    #[error("cannot set `{name}`: {reason}")]
    Setting {
        /// The setting's name.
        name: String,
        /// Why not.
        reason: &'static str,
    },

    /// Another program listens on the port that was asked for.
    #[error("port {port} on 127.0.0.1 is taken by another program; choose another, or none")]
    PortTaken {
        /// The port.
        port: u16,
    },

    /// A file or directory may not be read or written.
    #[error("no permission to {doing} {}", path.display())]
    Permission {
        /// What was tried, as in "create".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },

    /// The disk is full.
    #[error("the disk of {} is full: {message}", path.display())]
    DiskFull {
        /// A path on that disk.
        path: PathBuf,
        /// What said so.
        message: String,
    },

    /// Something else went wrong with a file, a directory or a program.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was tried, as in "create".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },

    /// `initdb` failed.
    #[error("initdb could not make a database in {}:\n{output}", path.display())]
    Initdb {
        /// The data directory.
        path: PathBuf,
        /// What it said.
        output: String,
    },

    /// PostgreSQL did not start.
    #[error("PostgreSQL did not start in {}; its log ends with:\n{log}", path.display())]
    Start {
        /// The data directory.
        path: PathBuf,
        /// The end of PostgreSQL's own log.
        log: String,
    },

    /// PostgreSQL was not ready in time.
    #[error(
        "PostgreSQL in {} was not ready within {waited:?}; its log ends with:\n{log}",
        path.display()
    )]
    StartTimeout {
        /// The data directory.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
        /// The end of PostgreSQL's own log.
        log: String,
    },

    /// PostgreSQL did not end in time.
    #[error("PostgreSQL in {} did not end within {waited:?}", path.display())]
    StopTimeout {
        /// The data directory.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },

    /// Another program has been starting or stopping this database for too long.
    #[error(
        "another program has been starting or stopping PostgreSQL in {} for {waited:?}",
        path.display()
    )]
    Busy {
        /// The directory.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },

    /// A PostgreSQL that was not started by this crate runs on the data directory.
    #[error(
        "PostgreSQL already runs in {} (process {pid}) and was not started by this program; \
         stop it with `pg_ctl stop -D {}`",
        path.display(), path.display()
    )]
    Foreign {
        /// The data directory.
        path: PathBuf,
        /// The process id of that PostgreSQL.
        pid: u32,
    },

    /// The server refused a statement or a connection.
    #[error("the development database refused to {doing}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// PostgreSQL's answer.
        source: tokio_postgres::Error,
    },
}

impl DevDbError {
    /// A name for this kind of error that stays the same over releases.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "POSTGRES_NOT_FOUND",
            Self::VersionMismatch { .. } => "POSTGRES_VERSION_MISMATCH",
            Self::NoAccount => "NO_SERVER_ACCOUNT",
            Self::DataDir { .. } => "DATA_DIR_INVALID",
            Self::Setting { .. } => "SETTING_INVALID",
            Self::PortTaken { .. } => "PORT_TAKEN",
            Self::Permission { .. } => "PERMISSION_DENIED",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::Io { .. } => "IO_ERROR",
            Self::Initdb { .. } => "INITDB_FAILED",
            Self::Start { .. } => "START_FAILED",
            Self::StartTimeout { .. } => "START_TIMEOUT",
            Self::StopTimeout { .. } => "STOP_TIMEOUT",
            Self::Busy { .. } => "DATA_DIR_BUSY",
            Self::Foreign { .. } => "FOREIGN_SERVER",
            Self::Database { .. } => "DATABASE_ERROR",
        }
    }

    /// For `map_err`: sorts what the system answered into permission, full disk and the rest.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Permission { doing, path, source },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path, message: source.to_string() }
            }
            _ => Self::Io { doing, path, source },
        }
    }

    pub(crate) fn data_dir(path: &Path, reason: impl Into<String>) -> Self {
        Self::DataDir { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn database(doing: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |source| Self::Database { doing, source }
    }
}

/// The places a search looked at, in order, each with what was found there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked(pub(crate) Vec<(String, String)>);

impl Looked {
    /// Each place and what was found there.
    pub fn places(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(place, found)| (place.as_str(), found.as_str()))
    }

    pub(crate) fn note(&mut self, place: impl Into<String>, found: impl Into<String>) {
        self.0.push((place.into(), found.into()));
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, found) in self.places() {
            writeln!(f, "  {place}: {found}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_answers_is_sorted() {
        let path = Path::new("/x");
        let code = |kind: io::ErrorKind| DevDbError::io("create", path)(kind.into()).code();
        assert_eq!(code(io::ErrorKind::PermissionDenied), "PERMISSION_DENIED");
        assert_eq!(code(io::ErrorKind::StorageFull), "DISK_FULL");
        assert_eq!(code(io::ErrorKind::QuotaExceeded), "DISK_FULL");
        assert_eq!(code(io::ErrorKind::NotADirectory), "IO_ERROR");
    }

    #[test]
    fn messages_say_what_and_where() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = DevDbError::io("create", Path::new("/x"))(denied);
        assert_eq!(error.to_string(), "no permission to create /x");
        let busy = DevDbError::Busy { path: "/x".into(), waited: Duration::from_secs(120) };
        assert_eq!(
            busy.to_string(),
            "another program has been starting or stopping PostgreSQL in /x for 120s"
        );
    }
}
