use std::{fmt::Debug, hash::Hash};

use crate::{CloseReason, TargetId};

/// What a connection is: how to open, judge, clean and close one.
///
/// The pool calls [`connect`](Self::connect), [`clean`](Self::clean) and [`close`](Self::close)
/// from tasks of its own, each under a deadline: when it passes, the future is dropped.
/// The other methods are called under the pool's lock and must neither block nor call the pool.
pub trait Driver: Send + Sync + 'static {
    /// What to connect to. Targets with equal servers share connections.
    type Server: Clone + Eq + Hash + Debug + Send + Sync + 'static;
    /// An open connection.
    type Connection: Send + 'static;
    /// Why a connection could not be opened or cleaned.
    type Error: std::error::Error + Send + Sync + 'static;

    /// What ends a connection from outside while it is lent. Kept for as long as it is open.
    type Handle: Clone + Send + 'static;

    /// Opens a connection that belongs to nobody.
    fn connect(
        &self,
        server: &Self::Server,
    ) -> impl Future<Output = Result<Self::Connection, Self::Error>> + Send;

    /// The state of a connection nobody uses.
    fn condition(&self, connection: &Self::Connection) -> Condition;

    /// Whether a connection at rest keeps what its last user may have left in it: after
    /// [`reset_after`](crate::PoolConfig::reset_after) it is [cleaned](Self::clean). Never, by default.
    fn has_residue(&self, connection: &Self::Connection) -> bool {
        let _ = connection;
        false
    }

    /// Waits for, or cancels, what still runs on the connection, and resets it so that it belongs
    /// to nobody. After an error the connection is closed.
    fn clean(
        &self,
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What ends this connection from outside.
    fn handle(&self, connection: &Self::Connection) -> Self::Handle;

    /// Cancels what runs on a connection that is lent, and ends the connection: whoever has it gets
    /// errors from then on. Whether the server has ended it, too. It limits its own time.
    fn cut_off(&self, handle: Self::Handle) -> impl Future<Output = bool> + Send;

    /// Drops what the connection keeps for a target (its prepared statements).
    fn forget(&self, connection: &mut Self::Connection, target: TargetId);

    /// Closes the connection and waits until the server has ended it.
    fn close(&self, connection: Self::Connection) -> impl Future<Output = ()> + Send;

    /// Hears of what happens in the pool, outside of its lock. Does nothing by default.
    fn event(&self, event: Event<'_, Self>)
    where
        Self: Sized,
    {
        let _ = event;
    }
}

/// The state of a connection that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing runs on it and no transaction is open: it can be lent as it is. With
    /// `held_for`, it speaks for that target until it is reset.
    Rest {
        /// The target the connection is bound to, when it is not neutral.
        held_for: Option<TargetId>,
    },
    /// Something runs on it or is left in it: it needs [`Driver::clean`].
    Unclean,
    /// It is of no more use.
    Broken,
}

impl Condition {
    /// At rest and bound to nobody.
    pub const NEUTRAL: Self = Self::Rest { held_for: None };
}

/// Something that happened in a pool.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a, D: Driver> {
    /// A target was used for the first time since it was last forgotten.
    TargetCreated(TargetId),
    /// A target is forgotten: its statements are closed, no connection is held for it any more.
    TargetEvicted(TargetId),
    /// A connection was opened.
    Opened {
        /// What was connected to.
        server: &'a D::Server,
        /// Connections open, being opened and being closed, now.
        open: usize,
    },
    /// A connection could not be opened.
    OpenFailed {
        /// What was connected to.
        server: &'a D::Server,
        /// Why not.
        error: &'a crate::ConnectFailure<D::Error>,
    },
    /// A connection has ended.
    Closed {
        /// Why it was closed.
        reason: CloseReason,
    },
}
