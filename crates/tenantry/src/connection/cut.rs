//! Ending a connection from outside, while somebody uses it.

use std::{
    io,
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use socket2::SockRef;
use tokio::{sync::watch, time::timeout};
use tokio_postgres::{CancelToken, NoTls, tls::MakeTlsConnect};
use tokio_util::either::Either;

use super::{
    dial::{Socket, dial},
    server::Server,
    wire::Wire,
};
use crate::ConnectError;

/// How long it may take to have what runs cancelled, and then to have the connection ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// What ends a connection from outside.
pub(crate) struct Cutter {
    token: CancelToken,
    server: Server,
    /// The connection's socket, once more.
    socket: socket2::Socket,
    /// Ends with the task that drives the connection.
    alive: watch::Receiver<()>,
    was_used: AtomicBool,
}

impl Cutter {
    pub(super) fn new(
        token: CancelToken,
        server: Server,
        socket: socket2::Socket,
        alive: watch::Receiver<()>,
    ) -> Arc<Self> {
        Arc::new(Self { token, server, socket, alive, was_used: AtomicBool::new(false) })
    }

    /// Whether this is what ended the connection.
    pub(super) fn was_used(&self) -> bool {
        self.was_used.load(Ordering::Acquire)
    }

    /// Cancels what runs, and says to PostgreSQL that nobody is here any more. Whether it has ended
    /// the connection in time; for whoever uses it, it is over in any case.
    pub(super) async fn cut_off(&self) -> bool {
        self.was_used.store(true, Ordering::Release);
        // A backend that works does not look whether anybody is there.
        let _ = timeout(PATIENCE, cancel(&self.server, &self.token)).await;
        let _ = self.socket.shutdown(Shutdown::Write);
        let mut alive = self.alive.clone();
        let ended = timeout(PATIENCE, async { while alive.changed().await.is_ok() {} }).await;
        let _ = self.socket.shutdown(Shutdown::Both);
        ended.is_ok()
    }
}

/// Another handle of a socket.
pub(super) fn duplicate(socket: &Socket) -> io::Result<socket2::Socket> {
    match socket {
        Either::Left(stream) => SockRef::from(stream).try_clone(),
        Either::Right(stream) => SockRef::from(stream).try_clone(),
    }
}

/// Asks a server to cancel what runs on a connection, and waits until it has been told.
pub(super) async fn cancel(server: &Server, token: &CancelToken) -> Result<(), ConnectError> {
    let address = server.address();
    let (wire, host) =
        dial(server, Arc::default()).await.map_err(|error| ConnectError::io(&address, error))?;
    let cancelled = match (server.tls(), host.is_empty()) {
        (Some(mut make), false) => {
            let tls = <_ as MakeTlsConnect<Wire<Socket>>>::make_tls_connect(&mut make, &host)
                .map_err(|error| ConnectError::tls(&address, error))?;
            token.cancel_query_raw(wire, tls).await
        }
        _ => token.cancel_query_raw(wire, NoTls).await,
    };
    cancelled.map_err(|error| ConnectError::postgres(&address, error))
}
