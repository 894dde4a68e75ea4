use std::{
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use tenantry_pool::{Condition, TargetId};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_postgres::{
    AsyncMessage, Client, Config, NoTls, Notification, SimpleQueryMessage,
    config::SslMode,
    error::SqlState,
    tls::{MakeTlsConnect, TlsConnect, TlsStream},
};

use super::{
    binding::Binding,
    cut::{Cutter, cancel, duplicate},
    dial::{Socket, dial},
    query::Query,
    server::Server,
    statements::Statements,
    streak::Streak,
    tally::Tally,
    wire::{Carries, Watch, Wire},
};
use crate::{ConnectError, fault};

/// A connection to PostgreSQL.
///
/// At rest it is *neutral*, speaking for nobody, or *held* for one target. Everything that is
/// left open by a future that was dropped shows in [`condition`](Self::condition).
pub(crate) struct PgConnection {
    pub(super) client: Client,
    pub(super) server: Server,
    pub(super) watch: Arc<Watch>,
    pub(super) statements: Statements,
    pub(super) tally: Arc<Tally>,
    pub(super) notifications: mpsc::UnboundedReceiver<Notification>,
    /// Whether something stands between us and PostgreSQL that gives each transaction a session of
    /// its choice: a transaction pooler. Then no session is ours to hold.
    pub(super) is_pooled: bool,
    /// Whom the session speaks for, outside of transactions.
    pub(super) held_for: Option<TargetId>,
    /// Who used the connection last, how many times in a row, and from when on it is held.
    streak: Streak,
    /// Whether this is the home connection of whoever uses it now.
    pub(crate) at_home: bool,
    /// Something was sent whose end has not been seen.
    pub(super) busy: bool,
    /// What the next user must not see.
    pub(super) residue: Residue,
    /// Whether the open transaction has run anything but plain queries.
    pub(super) changed: bool,
    /// tokio-postgres's prepared look-ups of types are gone, of which it cannot be told.
    pub(super) lost_look_ups: bool,
    /// A reset has not come through.
    pub(super) needs_reset: bool,
    /// Only `DISCARD ALL` makes the connection clean again.
    pub(super) needs_discard: bool,
    cutter: Arc<Cutter>,
    /// Why the connection ended, once it has.
    failure: Arc<OnceLock<tokio_postgres::Error>>,
    /// Drives the connection; ends when the server has ended it.
    task: Option<Task>,
}

/// Whose code has run since the last reset. It may have left settings, locks or temporary tables
/// behind, which are theirs to see and nobody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Residue {
    /// Nobody's.
    None,
    /// This target's.
    Of(TargetId),
    /// More than one target's, or nobody knows.
    Unknown,
}

/// Why a statement did not succeed.
#[derive(Debug)]
pub(crate) enum RunError {
    /// The target could not be bound: nothing has run.
    Bind(tokio_postgres::Error),
    /// The statement failed, or its COMMIT.
    Statement(tokio_postgres::Error),
    /// A session was asked for, and a transaction pooler is in the way.
    Pooled,
    /// The transaction was in a failed state when it was to be committed: it was rolled back.
    RolledBack,
    /// The answer is larger than it may be.
    TooLarge,
}

impl PgConnection {
    /// Connects to `server`. The connection is neutral.
    pub(crate) async fn open(
        server: &Server,
        statement_cache: usize,
        tally: Arc<Tally>,
    ) -> Result<Self, ConnectError> {
        let watch = Arc::new(Watch::default());
        let (wire, host) = dial(server, Arc::clone(&watch))
            .await
            .map_err(|error| ConnectError::io(&server.address(), error))?;
        let socket =
            duplicate(wire.stream()).map_err(|error| ConnectError::io(&server.address(), error))?;
        let (sender, notifications) = mpsc::unbounded_channel();
        let failure = Arc::new(OnceLock::new());
        let started = match (server.tls(), host.is_empty()) {
            (Some(mut make), false) => {
                let tls = <_ as MakeTlsConnect<Wire<Socket>>>::make_tls_connect(&mut make, &host)
                    .map_err(|error| ConnectError::tls(&server.address(), error))?;
                let watched = Watched { connect: tls, watch: Arc::clone(&watch) };
                start(wire, watched, server.config(), sender, Arc::clone(&failure)).await
            }
            _ => {
                let mut config = server.config().clone();
                config.ssl_mode(SslMode::Disable);
                start(wire, NoTls, &config, sender, Arc::clone(&failure)).await
            }
        };
        let (client, task) =
            started.map_err(|error| ConnectError::postgres(&server.address(), error))?;
        let is_pooled = is_pooled(&client, &watch.seen)
            .await
            .map_err(|error| ConnectError::postgres(&server.address(), error))?;
        let (token, alive) = (client.cancel_token(), task.alive.clone());
        Ok(Self {
            client,
            server: server.clone(),
            watch,
            statements: Statements::new(statement_cache, Arc::clone(&tally)),
            tally,
            notifications,
            is_pooled,
            held_for: None,
            streak: Streak::new(),
            at_home: false,
            busy: false,
            residue: Residue::None,
            changed: false,
            lost_look_ups: false,
            needs_reset: false,
            needs_discard: false,
            cutter: Cutter::new(token, server.clone(), socket, alive),
            failure,
            task: Some(task),
        })
    }

    /// What state the connection is in while nobody uses it.
    pub(crate) fn condition(&self) -> Condition {
        if self.client.is_closed() || self.watch.seen.has_ended() || self.lost_look_ups {
            Condition::Broken
        } else if (self.busy && !fault::IGNORE_RUNNING)
            || self.needs_reset
            || self.needs_discard
            || self.watch.seen.has_prepared()
            || !self.watch.seen.is_idle()
        {
            Condition::Unclean
        } else {
            Condition::Rest { held_for: self.held_for }
        }
    }

    /// Whether the connection is bound, or is to be bound, as a whole for this target: it was
    /// used by nobody else the last times.
    pub(super) fn note_use(&mut self, binding: &Binding) -> bool {
        self.streak.used_by(binding.target()) && !self.is_pooled
    }

    /// Whether the session speaks for this target and nobody else has left anything in it.
    pub(super) fn is_held_for(&self, target: TargetId) -> bool {
        if fault::HOLD_FOR_OTHERS && self.held_for.is_some() {
            return true;
        }
        self.held_for == Some(target) && !self.needs_reset_for(target)
    }

    /// Whether somebody else's code has run since the last reset.
    pub(super) fn needs_reset_for(&self, target: TargetId) -> bool {
        if fault::SKIP_RESET {
            return false;
        }
        self.needs_reset
            || self.held_for.is_some_and(|held| held != target)
            || !matches!(self.residue, Residue::None) && self.residue != Residue::Of(target)
    }

    /// A reset has come through: the connection speaks for nobody.
    pub(super) fn neutral(&mut self) {
        self.held_for = None;
        self.residue = Residue::None;
        self.needs_reset = false;
    }

    /// Whether whoever uses the connection now will be here again: only then is it worth preparing
    /// what need not be prepared.
    pub(super) fn comes_again(&self) -> bool {
        self.at_home || self.streak.is_repeated()
    }

    /// Starts counting anew: the target's code changes the session, so that holding is no gain.
    pub(super) fn reset_streak(&mut self) {
        self.streak.begin_anew();
    }

    /// Something was run, with or without success. Where that, or something before, has dropped all
    /// prepared statements by SQL, none is used again, and the connection is closed when it comes back.
    /// A plain query that misses a prepared statement misses one of ours; an EXECUTE, its user's.
    pub(super) fn note_dropped<T>(&mut self, query: Option<&Query<'_>>, ran: &Result<T, RunError>) {
        let missing = match ran {
            Err(RunError::Bind(error) | RunError::Statement(error)) => {
                error.code() == Some(&SqlState::INVALID_SQL_STATEMENT_NAME)
                    && query.is_some_and(Query::is_plain)
            }
            _ => false,
        };
        if (missing || self.watch.seen.has_dropped()) && !self.lost_look_ups {
            self.lost_look_ups = true;
            self.statements.clear();
            self.watch.prefix.set_prepared(false);
        }
    }

    /// Whether a statement that failed may succeed on another connection: this one has lost what was
    /// prepared on it.
    pub(crate) fn has_lost_look_ups(&self) -> bool {
        self.lost_look_ups
    }

    /// Drops the prepared statements kept for a target.
    pub(crate) fn forget(&mut self, target: TargetId) {
        if fault::KEEP_STATEMENTS {
            return;
        }
        self.statements.forget(target);
    }

    /// Why the connection ended, where an error says only that it has.
    pub(crate) fn failure(&self) -> Option<&tokio_postgres::Error> {
        self.failure.get()
    }

    /// Ends the connection and waits until the server has ended it, too. What still runs is
    /// cancelled first; also where the connection is cut, which PostgreSQL may not notice for long.
    pub(crate) async fn close(mut self) {
        let may_run = match self.condition() {
            Condition::Unclean => true,
            Condition::Broken => self.watch.seen.was_cut(),
            Condition::Rest { .. } => false,
        };
        if may_run {
            let _ = self.cancel().await;
        }
        let task = self.task.take();
        drop(self);
        if let Some(task) = task {
            task.ended().await;
        }
    }

    /// Asks the server to cancel what runs, and waits until it has been told.
    pub(super) async fn cancel(&self) -> Result<(), ConnectError> {
        cancel(&self.server, &self.client.cancel_token()).await
    }

    /// What ends the connection from outside.
    pub(crate) fn cutter(&self) -> Arc<Cutter> {
        Arc::clone(&self.cutter)
    }

    /// Whether it was ended from outside, whoever used it.
    pub(crate) fn was_cut_off(&self) -> bool {
        self.cutter.was_used()
    }
}

impl fmt::Debug for PgConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgConnection")
            .field("server", &self.server)
            .field("held_for", &self.held_for)
            .field("seen", &self.watch.seen)
            .finish_non_exhaustive()
    }
}

/// Whether the backend that answers is not the one that the connection was promised: PgBouncer and
/// its like make up the process id they send.
async fn is_pooled(
    client: &Client,
    seen: &super::wire::Seen,
) -> Result<bool, tokio_postgres::Error> {
    let messages = client.simple_query("SELECT pg_catalog.pg_backend_pid()").await?;
    let answered = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse::<u32>().ok(),
        _ => None,
    });
    Ok(answered != Some(seen.backend()))
}

/// The task that drives a connection. Dropped, it ends at once.
struct Task {
    running: JoinHandle<()>,
    /// Its sender ends with the task.
    alive: watch::Receiver<()>,
}

impl Task {
    async fn ended(mut self) {
        let _ = (&mut self.running).await;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn start<T>(
    wire: Wire<Socket>,
    tls: T,
    config: &Config,
    notifications: mpsc::UnboundedSender<Notification>,
    failure: Arc<OnceLock<tokio_postgres::Error>>,
) -> Result<(Client, Task), tokio_postgres::Error>
where
    T: TlsConnect<Wire<Socket>>,
    T::Stream: Send + 'static,
{
    let (client, mut connection) = config.connect_raw(wire, tls).await?;
    let (living, alive) = watch::channel(());
    let running = tokio::spawn(async move {
        let _living = living;
        loop {
            match std::future::poll_fn(|cx| connection.poll_message(cx)).await {
                Some(Ok(AsyncMessage::Notification(notification))) => {
                    // Between two users nobody listens: UNLISTEN * came with the COMMIT.
                    let _ = notifications.send(notification);
                }
                Some(Ok(AsyncMessage::Notice(notice))) => {
                    tracing::debug!(target: "tenantry::notice", severity = notice.severity(), "{}", notice.message());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    let _ = failure.set(error);
                    return;
                }
                None => return,
            }
        }
    });
    Ok((client, Task { running, alive }))
}

/// A TLS handshake whose stream is watched.
struct Watched<C> {
    connect: C,
    watch: Arc<Watch>,
}

impl<S, C> TlsConnect<S> for Watched<C>
where
    C: TlsConnect<S>,
    C::Stream: TlsStream + Unpin,
    C::Future: Send + 'static,
{
    type Stream = Wire<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let handshake = self.connect.connect(stream);
        let watch = self.watch;
        Box::pin(async move { Ok(Wire::new(handshake.await?, watch, Carries::Messages)) })
    }
}
