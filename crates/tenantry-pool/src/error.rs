use std::{fmt, sync::Arc, time::Duration};

use crate::TargetId;

/// Why no connection could be lent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcquireError<E> {
    /// Every connection of the budget stayed in use for the whole `acquire_timeout`.
    #[error(
        "no connection was free within {waited:?}: {in_use} of {max_connections} in use{}, \
         {waiting} waiting{}",
        Listed(holders),
        last_failure.as_ref().map(|f| format!("; the last attempt to connect failed: {f}")).unwrap_or_default()
    )]
    Timeout {
        /// How long this caller waited.
        waited: Duration,
        /// Connections lent at that moment.
        in_use: usize,
        /// Connections being opened to the server at that moment.
        opening: usize,
        /// Callers waiting at that moment.
        waiting: usize,
        /// The budget.
        max_connections: usize,
        /// The targets with the most connections at that moment, up to three.
        holders: Vec<Holder>,
        /// The last failure to connect to the server since a connection to it was last opened.
        last_failure: Option<ConnectFailure<E>>,
    },
    /// So many callers wait already that one more would wait in vain.
    #[error(
        "{waiting} callers{} wait for a connection already, and no more than {limit} may",
        if *of_target { " of this target" } else { "" }
    )]
    Saturated {
        /// Whether it is this target's callers that are too many, or all together.
        of_target: bool,
        /// How many of them wait.
        waiting: usize,
        /// How many may: `max_waiters_per_target` or `max_waiters`.
        limit: usize,
        /// Connections lent at that moment.
        in_use: usize,
        /// The budget.
        max_connections: usize,
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

/// A target that had connections while somebody waited in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The target.
    pub target: TargetId,
    /// The connections lent to it.
    pub in_use: usize,
    /// How long the one it has had longest has been lent.
    pub longest: Duration,
}

/// Holders within a sentence.
struct Listed<'a>(&'a [Holder]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Holder { target, in_use, longest }) in self.0.iter().enumerate() {
            let before = if place == 0 { " (" } else { ", " };
            write!(f, "{before}{in_use} by {target} for up to {longest:.1?}")?;
        }
        if self.0.is_empty() { Ok(()) } else { f.write_str(")") }
    }
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
