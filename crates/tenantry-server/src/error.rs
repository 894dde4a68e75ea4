//! What can go wrong between a server and its tenants.

use std::{any::Any, fmt, io, sync::Arc, time::Duration};

use http::StatusCode;
use tenantry::{ConfigError, TenantId};
use tenantry_fastify::PartError;
use tenantry_web::ApiError;
use tokio::task::JoinError;

/// The result of what may fail with a [`ServerError`].
pub type Result<T, E = ServerError> = std::result::Result<T, E>;

/// What can go wrong between a server and its tenants.
///
/// Each variant has a stable [`code`](Self::code) and a message for the person on call. What a client
/// is answered says less: [`answer`](Self::answer).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something in the configuration does not fit what there is: a plugin that is nowhere.
    #[error("{0}")]
    Setup(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why not.
        source: Arc<io::Error>,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] tenantry::Error),
    /// There is no tenant of this id here.
    #[error("there is no tenant {id:?}", id = .0.as_str())]
    TenantNotFound(TenantId),
    /// Whether there is such a tenant cannot be known now: a strategy that may have it does not tell its keys.
    #[error("not all tenants are known: {0}")]
    TenantsUnavailable(String),
    /// The tenant's configuration says `active: false`.
    #[error("the tenant {id:?} is not active: its configuration says so", id = .0.as_str())]
    TenantInactive(TenantId),
    /// The tenant's code cannot be loaded.
    #[error("the tenant {id:?} cannot be loaded: {broken}", id = id.as_str())]
    TenantBroken {
        /// Whose.
        id: TenantId,
        /// What is broken.
        broken: Arc<Broken>,
    },
    /// The tenant has as many requests under way as it may have.
    #[error("the tenant {id:?} has {limit} requests under way", id = id.as_str())]
    TenantBusy {
        /// Whose.
        id: TenantId,
        /// How many it may have.
        limit: usize,
    },
    /// As many of the tenant's requests wait for its database as may. To run the tenant's code only to have
    /// that say so would cost its neighbours as much as a request that does something.
    #[error("the database has as many statements of the tenant {id:?} waiting as it may", id = .0.as_str())]
    TenantOverloaded(TenantId),
    /// A request took longer than it may, and could not be ended by its application.
    #[error("a request of the tenant {id:?} took longer than {wall:?}", id = id.as_str())]
    TenantLate {
        /// Whose.
        id: TenantId,
        /// How long it may take.
        wall: Duration,
    },
    /// The tenant's isolates end faster than new ones may be made.
    #[error("the isolates of the tenant {id:?} have passed their limits too often", id = .0.as_str())]
    TenantFailing(TenantId),
    /// As many tenants are loaded as may be, and none of them is idle.
    #[error("{0} tenants are loaded, and none of them is idle")]
    Full(usize),
    /// The server is not running, or is ending.
    #[error("the server is not running")]
    Closed,
}

/// What is broken in a tenant's code: its parts with their places, or one thing as a whole.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What the whole comes to, where no part is to blame.
    pub message: String,
    /// Each part that is broken.
    pub parts: Vec<PartError>,
}

impl Broken {
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), parts: Vec::new() }
    }

    pub(crate) fn parts(parts: Vec<PartError>) -> Self {
        Self { message: String::new(), parts }
    }

    /// A task that was to load it has given nothing.
    pub(crate) fn lost(error: JoinError) -> Self {
        match error.try_into_panic() {
            Ok(panic) => Self::whole(panicked(&*panic)),
            Err(_) => Self::whole("the runtime is ending"),
        }
    }
}

/// What is told of a panic in what loads tenants and plugins.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let said = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let told = "there was a panic in what loads it";
    said.map_or_else(|| told.to_owned(), |said| format!("{told}: {said}"))
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (index, part) in self.parts.iter().enumerate() {
            let between = if index == 0 && self.message.is_empty() { "" } else { "; " };
            write!(f, "{between}{part}")?;
        }
        Ok(())
    }
}

impl ServerError {
    pub(crate) fn broken(id: &TenantId, broken: Broken) -> Self {
        Self::TenantBroken { id: id.clone(), broken: Arc::new(broken) }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Setup(_) => "CONFIG_INVALID",
            Self::Listen { .. } => "ADDRESS_UNAVAILABLE",
            Self::Database(error) => error.code(),
            Self::TenantNotFound(_) => "TENANT_NOT_FOUND",
            Self::TenantsUnavailable(_) => "TENANTS_UNAVAILABLE",
            Self::TenantInactive(_) => "TENANT_INACTIVE",
            Self::TenantBroken { .. } => "TENANT_BROKEN",
            Self::TenantBusy { .. } => "TENANT_BUSY",
            Self::TenantOverloaded(_) => "DATABASE_BUSY",
            Self::TenantLate { .. } => "REQUEST_TIMEOUT",
            Self::TenantFailing(_) => "TENANT_FAILING",
            Self::Full(_) => "SERVER_FULL",
            Self::Closed => "SERVER_CLOSED",
        }
    }

    /// What a client is answered: no file, line, or message of the tenant's code.
    #[must_use]
    pub fn answer(&self) -> ApiError {
        let unavailable =
            |message| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, self.code(), message);
        match self {
            Self::TenantNotFound(_) => {
                ApiError::new(StatusCode::NOT_FOUND, self.code(), self.to_string())
            }
            Self::TenantInactive(_) => {
                ApiError::new(StatusCode::FORBIDDEN, self.code(), "this tenant is not active")
            }
            Self::TenantsUnavailable(_) => {
                unavailable("this tenant cannot be looked for just now; try again in a moment")
            }
            Self::TenantBroken { .. } => {
                unavailable("this tenant's application cannot be loaded just now")
            }
            Self::TenantBusy { .. } => {
                unavailable("this tenant has too many requests under way; try again in a moment")
            }
            Self::TenantOverloaded(_) => {
                unavailable("this tenant's database has too much to do; try again in a moment")
            }
            Self::TenantLate { .. } => {
                let status = StatusCode::GATEWAY_TIMEOUT;
                ApiError::new(status, self.code(), "this request took longer than it may")
            }
            Self::TenantFailing(_) => {
                unavailable("this tenant's application fails too often; try again in a moment")
            }
            Self::Full(_) => unavailable("the server has no room for one more tenant just now"),
            Self::Closed => unavailable("the server is shutting down"),
            Self::Database(error) => error.clone().into(),
            Self::Config(_) | Self::Setup(_) | Self::Listen { .. } => {
                return ApiError::internal(self.clone());
            }
        }
        .because(self.clone())
    }
}
