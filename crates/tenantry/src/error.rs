use std::{error::Error as StdError, fmt, io, sync::Arc};

use tenantry_pool::{AcquireError, ConnectFailure, TargetId};
use tokio_postgres::error::{DbError, SqlState};

mod database;
mod migrating;
mod pressure;

pub use self::{
    database::DatabaseError,
    migrating::Migrating,
    pressure::{PoolHolder, PoolSaturated, PoolTimeout},
};

use crate::{ConfigError, InvalidSchemaName, InvalidTenantId, TenantId, tls::TlsError};

/// The result of what may fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between an application and its tenants' data.
///
/// Each variant has a stable [`code`](Self::code), a message a person can act on, and its source.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no tenant id.
    #[error(transparent)]
    TenantInvalid(#[from] InvalidTenantId),
    /// No tenant of this id in the catalog.
    #[error("there is no tenant {id:?}", id = .0.as_str())]
    TenantNotFound(TenantId),
    /// No tenant has this domain.
    #[error("no tenant has the domain {0:?}")]
    DomainNotFound(String),
    /// The tenant is suspended: its data stays, nobody works with it.
    #[error("the tenant {id:?} is suspended", id = .0.as_str())]
    TenantSuspended(TenantId),
    /// The tenant is archived.
    #[error("the tenant {id:?} is archived", id = .0.as_str())]
    TenantArchived(TenantId),
    /// A tenant of this id, or one with the same schema or domain, is there already.
    #[error("the tenant {id:?} cannot be made: {reason}", id = id.as_str())]
    TenantExists {
        /// The tenant that was to be made or changed.
        id: TenantId,
        /// What is taken, and by whom.
        reason: String,
    },
    /// The tenant has been dropped, or lives elsewhere, since this handle was made.
    #[error("the tenant {id:?} has moved or gone since this handle was made", id = .0.as_str())]
    TenantMoved(TenantId),
    /// A tenant, or the shared schema, does not have the migrations that are needed, or has some
    /// that take away what is needed.
    #[error("{0}")]
    Migrating(Arc<Migrating>),
    /// A tenant's schema cannot be named so.
    #[error(transparent)]
    SchemaNameInvalid(#[from] InvalidSchemaName),
    /// The whole budget stayed in use for `acquire_timeout`.
    #[error("{0}")]
    PoolTimeout(Arc<PoolTimeout>),
    /// So many callers wait for a connection already that one more would wait in vain.
    #[error("{0}")]
    PoolSaturated(Arc<PoolSaturated>),
    /// The manager has been closed.
    #[error("the tenant manager is closed")]
    PoolClosed,
    /// PostgreSQL cannot be reached, or ended the connection.
    #[error(transparent)]
    Unavailable(Arc<ConnectError>),
    /// PostgreSQL refused a statement.
    #[error(transparent)]
    Database(Arc<DatabaseError>),
    /// What PostgreSQL answered is not what was asked for: another number of rows, another type.
    #[error("{0}")]
    Answer(Arc<str>),
    /// The answer is larger than its [`Bounds`](crate::Bounds): the statement was stopped.
    #[error("the statement's answer is larger than it may be")]
    AnswerTooLarge,
    /// The transaction had failed before it was to be committed; it was rolled back.
    #[error("the transaction had failed before COMMIT and was rolled back")]
    RolledBack,
    /// A session was asked for, and PostgreSQL is reached through a transaction pooler, which has
    /// none to give.
    #[error(
        "PostgreSQL at {0} is reached through a pooler such as PgBouncer, which lends no session: \
         connect to PostgreSQL itself for sessions and migrations"
    )]
    Pooled(Arc<str>),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(Arc<ConfigError>),
    /// A schema of `isolation.extension_schemas` is not fit to be in every tenant's search_path.
    #[error("isolation.extension_schemas: {schema:?} cannot be used: {fault}")]
    ExtensionSchema {
        /// The schema.
        schema: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The certificates to trust cannot be read.
    #[error(transparent)]
    Tls(Arc<TlsError>),
    /// There is no current tenant.
    #[error(
        "there is no current tenant here: run this future inside tenantry::context::scope(…), and \
         start tasks with tenantry::context::spawn, since tokio::spawn does not carry the tenant"
    )]
    NoTenantContext,
    /// The index of the catalog is not known to be fresh, and this call cannot wait for it.
    #[error(
        "the catalog cannot be heard just now, so the tenant {id:?} is not certain; use an async \
         call, which reads its row",
        id = .0.as_str()
    )]
    CatalogStale(TenantId),
    /// An application's own check, hook or discovery failed.
    #[error("{0}")]
    Application(Arc<dyn StdError + Send + Sync>),
}

impl Error {
    /// The error's stable name, for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TenantInvalid(_) => "TENANT_INVALID",
            Self::TenantNotFound(_) | Self::DomainNotFound(_) | Self::TenantMoved(_) => {
                "TENANT_NOT_FOUND"
            }
            Self::TenantSuspended(_) => "TENANT_SUSPENDED",
            Self::TenantArchived(_) => "TENANT_ARCHIVED",
            Self::TenantExists { .. } => "TENANT_EXISTS",
            Self::Migrating(behind) => behind.code(),
            Self::SchemaNameInvalid(_) => "SCHEMA_NAME_INVALID",
            Self::PoolTimeout(_) => "POOL_TIMEOUT",
            Self::PoolSaturated(_) => "POOL_SATURATED",
            Self::PoolClosed => "POOL_CLOSED",
            Self::Unavailable(_) | Self::CatalogStale(_) => "DATABASE_UNAVAILABLE",
            Self::Database(_) | Self::Answer(_) | Self::RolledBack => "DATABASE_ERROR",
            Self::AnswerTooLarge => "ANSWER_TOO_LARGE",
            Self::Pooled(_) => "SESSION_UNAVAILABLE",
            Self::Config(_) | Self::Tls(_) | Self::ExtensionSchema { .. } => "CONFIG_INVALID",
            Self::NoTenantContext => "NO_TENANT_CONTEXT",
            Self::Application(_) => "APPLICATION_ERROR",
        }
    }

    /// PostgreSQL's SQLSTATE, where there is one.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Database(error) => Some(error.sqlstate()),
            Self::Unavailable(error) => error.sqlstate(),
            _ => None,
        }
    }

    /// What PostgreSQL said, where it refused a statement.
    #[must_use]
    pub fn as_database_error(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }

    /// An error of the application's own, to be passed through.
    pub fn application(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Application(Arc::from(error.into()))
    }

    /// For an error of a statement on a connection to `address`.
    pub(crate) fn from_postgres(error: tokio_postgres::Error, address: &str) -> Self {
        match error.as_db_error() {
            Some(db) if !ends_connection(db.code()) => {
                Self::Database(Arc::new(DatabaseError::new(db)))
            }
            Some(_) => Self::Unavailable(Arc::new(ConnectError::postgres(address, error))),
            None if error.is_closed() || is_io(&error) => {
                Self::Unavailable(Arc::new(ConnectError::postgres(address, error)))
            }
            None => {
                let reason = error.source().map(|source| format!(": {source}")).unwrap_or_default();
                Self::Answer(format!("{error}{reason}").into())
            }
        }
    }

    /// For a connection to `address` that was lost; `why` is what the server said as it ended it.
    pub(crate) fn lost(
        why: &tokio_postgres::Error,
        error: tokio_postgres::Error,
        address: &str,
    ) -> Self {
        match why.as_db_error() {
            Some(db) => Self::Unavailable(Arc::new(ConnectError::lost(address, db.clone()))),
            None => Self::from_postgres(error, address),
        }
    }

    /// For an error of the pool while `tenant`, if any, wanted a connection. `names` says whose a
    /// target is.
    pub(crate) fn from_acquire(
        error: AcquireError<ConnectError>,
        address: &str,
        tenant: Option<&TenantId>,
        names: impl Fn(TargetId) -> Option<TenantId>,
    ) -> Self {
        let hangs = |after: std::time::Duration| {
            let error = io::Error::new(
                io::ErrorKind::TimedOut,
                format!("connecting took longer than {after:.1?}"),
            );
            Self::Unavailable(Arc::new(ConnectError::io(address, error)))
        };
        match error {
            // Nothing is in use that could come back: what is missing is the server's answer.
            AcquireError::Timeout {
                waited, in_use: 0, opening: 1.., last_failure: None, ..
            } => hangs(waited),
            AcquireError::Timeout {
                waited,
                in_use,
                opening: _,
                waiting,
                max_connections,
                holders,
                last_failure,
            } => Self::PoolTimeout(Arc::new(PoolTimeout {
                waited,
                in_use,
                waiting,
                max_connections,
                holders: holders
                    .into_iter()
                    .map(|holder| PoolHolder::new(holder, names(holder.target)))
                    .collect(),
                last_failure: last_failure.map(|failure| failure.to_string()),
            })),
            AcquireError::Saturated { of_target, waiting, limit, in_use, max_connections } => {
                Self::PoolSaturated(Arc::new(PoolSaturated {
                    of_tenant: of_target,
                    waiting,
                    limit,
                    in_use,
                    max_connections,
                }))
            }
            AcquireError::Unavailable(ConnectFailure::Driver(error)) => Self::Unavailable(error),
            AcquireError::Unavailable(ConnectFailure::Timeout(after)) => hangs(after),
            AcquireError::Retired => match tenant {
                Some(tenant) => Self::TenantMoved(tenant.clone()),
                None => Self::PoolClosed,
            },
            _ => Self::PoolClosed,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Arc::new(error))
    }
}

impl From<TlsError> for Error {
    fn from(error: TlsError) -> Self {
        Self::Tls(Arc::new(error))
    }
}

/// The SQLSTATEs with which PostgreSQL ends a connection: shutdown, crash, cannot connect now.
fn ends_connection(code: &SqlState) -> bool {
    let code = code.code();
    code.starts_with("08") || ["57P01", "57P02", "57P03", "57P05", "53300"].contains(&code)
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<io::Error>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// PostgreSQL could not be reached, or the connection was lost.
#[derive(Debug)]
pub struct ConnectError {
    address: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl ConnectError {
    pub(crate) fn io(address: &str, source: io::Error) -> Self {
        Self { address: address.to_owned(), source: source.into() }
    }

    pub(crate) fn postgres(address: &str, source: tokio_postgres::Error) -> Self {
        Self { address: address.to_owned(), source: source.into() }
    }

    /// The server has ended the connection and said why.
    pub(crate) fn lost(address: &str, source: DbError) -> Self {
        Self { address: address.to_owned(), source: source.into() }
    }

    pub(crate) fn tls(address: &str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { address: address.to_owned(), source: source.into() }
    }

    /// Where the server is: `host:port`, or the path of its socket.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// PostgreSQL's SQLSTATE, if it said why.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        let code = match self.source.downcast_ref::<tokio_postgres::Error>() {
            Some(error) => error.code(),
            None => self.source.downcast_ref::<DbError>().map(DbError::code),
        };
        code.map(SqlState::code)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from_server =
            |db: &DbError| format!("{} (SQLSTATE {})", db.message(), db.code().code());
        let reason = if let Some(db) = self.source.downcast_ref::<DbError>() {
            from_server(db)
        } else {
            let error = self.source.downcast_ref::<tokio_postgres::Error>();
            match error.map(|error| (error, error.as_db_error(), error.source())) {
                Some((_, Some(db), _)) => from_server(db),
                Some((error, None, Some(source))) => format!("{error}: {source}"),
                _ => self.source.to_string(),
            }
        };
        write!(f, "PostgreSQL at {} cannot be used: {reason}", self.address)
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
