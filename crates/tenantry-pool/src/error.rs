use std::{fmt, sync::Arc, time::Duration};

/// Why no connection could be lent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcquireError<E> {
    /// Every connection of the budget stayed in use for the whole `acquire_timeout`.
    #[error(
        "no connection was free within {waited:?}: {in_use} of {max_connections} in use, \
         {waiting} waiting{}",
        last_failure.as_ref().map(|f| format!("; the last attempt to connect failed: {f}")).unwrap_or_default()
    )]
    Timeout {
        /// How long this caller waited.
        waited: Duration,
        /// Connections lent at that moment.
        in_use: usize,
        /// Callers waiting at that moment.
        waiting: usize,
        /// The budget.
        max_connections: usize,
        /// The last failure to connect since a connection was last opened.
        last_failure: Option<ConnectFailure<E>>,
    },
    /// The server could not be reached, and no connection to it is open.
    #[error("{0}")]
    Unavailable(ConnectFailure<E>),
    /// The pool has been closed.
    #[error("the pool is closed")]
    Closed,
    /// The target was retired: what it named is gone, or lives elsewhere now.
    #[error("the target was retired")]
    Retired,
}

/// Why a connection could not be opened.
pub enum ConnectFailure<E> {
    /// The driver said why.
    Driver(Arc<E>),
    /// It took longer than `connect_timeout`.
    Timeout(Duration),
}

impl<E> Clone for ConnectFailure<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Driver(error) => Self::Driver(error.clone()),
            Self::Timeout(after) => Self::Timeout(*after),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for ConnectFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => f.debug_tuple("Driver").field(error).finish(),
            Self::Timeout(after) => f.debug_tuple("Timeout").field(after).finish(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for ConnectFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Timeout(after) => write!(f, "connecting took longer than {after:?}"),
        }
    }
}
