//! A relay that counts what goes over the wire.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::failure::Result;

/// What went through.
#[derive(Debug, Default)]
pub(super) struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
    /// How often the client spoke after the server had.
    turns: AtomicU64,
    server_spoke: AtomicBool,
}

/// What went through, at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) turns: u64,
}

impl Counts {
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            turns: self.turns.load(Ordering::Relaxed),
        }
    }
}

/// Relays to `server`, from the address it returns.
pub(super) async fn relay(server: SocketAddr) -> Result<(SocketAddr, Arc<Counts>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let counts = Arc::new(Counts::default());
    let counting = Arc::clone(&counts);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let counts = Arc::clone(&counting);
            tokio::spawn(async move {
                let Ok(server) = TcpStream::connect(server).await else { return };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                let asked = copy(from_client, to_server, |bytes| {
                    counts.sent.fetch_add(bytes, Ordering::Relaxed);
                    if counts.server_spoke.swap(false, Ordering::Relaxed) {
                        counts.turns.fetch_add(1, Ordering::Relaxed);
                    }
                });
                let answered = copy(from_server, to_client, |bytes| {
                    counts.received.fetch_add(bytes, Ordering::Relaxed);
                    counts.server_spoke.store(true, Ordering::Relaxed);
                });
                tokio::join!(asked, answered);
            });
        }
    });
    Ok((address, counts))
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: impl Fn(u64),
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        count(length as u64);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
