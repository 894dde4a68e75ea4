//! A proxy between pool and PostgreSQL that fails when it is told to, in each of the ways in which
//! networks do.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// How many connections the kernel completes for a proxy that takes none.
const BACKLOG: u32 = 8;
/// A connect on loopback that takes longer than this hangs.
const HANGS: Duration = Duration::from_millis(200);
/// The code by which a connection says that it is a cancel request.
const CANCEL: [u8; 4] = 80_877_102u32.to_be_bytes();

/// Passes everything on, until it is told otherwise.
pub(crate) struct Proxy {
    address: SocketAddr,
    url: String,
    control: Arc<watch::Sender<Control>>,
    accepting: JoinHandle<()>,
    /// Connections that fill the queue of those nobody takes.
    queue: Vec<TcpStream>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// In good order.
    Fin,
    /// As when the other side does not know it.
    Rst,
}

/// What a trap keeps from passing, once it has sprung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// What was about to be sent, and all that follows, in both directions.
    Request,
    /// The answers: PostgreSQL gets what was sent.
    Answer,
}

#[derive(Clone, Default)]
struct Control {
    /// How many connections have been taken.
    links: u64,
    is_frozen: bool,
    cancels_are_frozen: bool,
    /// Connections older than this one are frozen.
    frozen_below: u64,
    /// Connections older than this one are cut.
    cut_below: u64,
    how: Option<Cut>,
    delay: Duration,
    /// Nobody takes new connections.
    is_deaf: bool,
    trap: Option<(Vec<u8>, Keeps)>,
    trapped: BTreeSet<u64>,
    unanswered: BTreeSet<u64>,
}

impl Proxy {
    /// Before the server of this URL.
    pub(crate) async fn before(url: &str) -> Self {
        let server = url.split('@').nth(1).and_then(|rest| rest.split(['/', '?']).next());
        let server = server.expect("an address in the URL").to_owned();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(BACKLOG).unwrap();
        let address = listener.local_addr().unwrap();
        let url = url.replace(&server, &address.to_string());
        let control = Arc::new(watch::Sender::new(Control::default()));
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&control)));
        Self { address, url, control, accepting, queue: Vec::new() }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// The URL that leads through it.
    pub(crate) fn url(&self) -> String {
        format!("{}?sslmode=disable&application_name=proxied", self.url)
    }

    /// Ends all connections.
    pub(crate) fn cut(&self, how: Cut) {
        self.control.send_modify(|control| {
            control.cut_below = control.links;
            control.how = Some(how);
        });
    }

    /// Takes what is sent, on all connections and new ones, and passes nothing on.
    pub(crate) fn freeze(&self) {
        self.control.send_modify(|control| control.is_frozen = true);
    }

    /// As [`freeze`](Self::freeze), for the connections there are: new ones work. So it is when a
    /// router in between forgets them.
    pub(crate) fn freeze_existing(&self) {
        self.control.send_modify(|control| control.frozen_below = control.links);
    }

    /// As [`freeze`](Self::freeze), for cancel requests alone.
    pub(crate) fn freeze_cancels(&self) {
        self.control.send_modify(|control| control.cancels_are_frozen = true);
    }

    /// Passes on what was held back, and all that comes.
    pub(crate) fn thaw(&self) {
        self.control.send_modify(|control| {
            *control = Control {
                links: control.links,
                cut_below: control.cut_below,
                how: control.how,
                ..Control::default()
            };
        });
    }

    /// Passes everything on later, in each direction.
    pub(crate) fn delay(&self, by: Duration) {
        self.control.send_modify(|control| control.delay = by);
    }

    /// Freezes the connection on which these bytes are sent next. None means any.
    pub(crate) fn set_trap(&self, bytes: &str, keeps: Keeps) {
        self.control.send_modify(|control| control.trap = Some((bytes.into(), keeps)));
    }

    /// Waits until the trap has sprung; panics after ten seconds.
    pub(crate) async fn sprung(&self) {
        let mut control = self.control.subscribe();
        let sprung = control.wait_for(|control| control.trap.is_none());
        let sprung = timeout(Duration::from_secs(10), sprung).await;
        sprung.expect("the trap never sprang").unwrap();
    }

    /// From now on a connect hangs: nobody takes connections, the kernel's queue of them is full,
    /// and it drops whatever asks for one more.
    pub(crate) async fn drop_syns(&mut self) {
        self.control.send_modify(|control| control.is_deaf = true);
        let mut hung = 0;
        // Twice: the first may be while the last connection is still being taken.
        while hung < 2 {
            match timeout(HANGS, TcpStream::connect(self.address)).await {
                Ok(connected) => self.queue.push(connected.unwrap()),
                Err(_) => hung += 1,
            }
            assert!(self.queue.len() < 100, "the queue has no end");
        }
    }

    /// Takes connections again.
    pub(crate) fn take_syns(&mut self) {
        self.queue.clear();
        self.control.send_modify(|control| control.is_deaf = false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut(Cut::Fin);
    }
}

async fn accept(listener: TcpListener, server: String, control: Arc<watch::Sender<Control>>) {
    let mut changes = control.subscribe();
    loop {
        if changes.wait_for(|control| !control.is_deaf).await.is_err() {
            return;
        }
        let client = tokio::select! {
            biased;
            _ = changes.wait_for(|control| control.is_deaf) => continue,
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => client,
                Err(_) => continue,
            },
        };
        let mut number = 0;
        control.send_modify(|control| {
            number = control.links;
            control.links += 1;
        });
        let link = Link { number, is_cancel: false, control: Arc::clone(&control) };
        tokio::spawn(link.run(client, server.clone()));
    }
}

/// One connection through the proxy.
struct Link {
    number: u64,
    is_cancel: bool,
    control: Arc<watch::Sender<Control>>,
}

impl Link {
    async fn run(mut self, mut client: TcpStream, server: String) {
        let mut start = [0; 8];
        if client.read_exact(&mut start).await.is_err() {
            return;
        }
        self.is_cancel = start[4..] == CANCEL;
        self.passes(Keeps::Request).await;
        let Ok(mut server) = TcpStream::connect(&server).await else {
            return;
        };
        let mut changes = self.control.subscribe();
        let passing = async {
            let (from_client, to_client) = client.split();
            let (from_server, mut to_server) = server.split();
            to_server.write_all(&start).await?;
            // Whichever side ends first ends the other.
            tokio::select! {
                ended = self.pass(from_client, to_server, Keeps::Request) => ended,
                ended = self.pass(from_server, to_client, Keeps::Answer) => ended,
            }
        };
        tokio::select! {
            biased;
            control = changes.wait_for(|control| self.number < control.cut_below) => {
                if control.is_ok_and(|control| control.how == Some(Cut::Rst)) {
                    let _ = client.set_zero_linger();
                    let _ = server.set_zero_linger();
                }
            }
            _ = passing => {}
        }
    }

    async fn pass(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        what: Keeps,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.passes(what).await;
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            if what == Keeps::Request {
                self.spring(&buffer[..count]);
            }
            let delay = self.control.borrow().delay;
            if !delay.is_zero() {
                sleep(delay).await;
            }
            self.passes(what).await;
            to.write_all(&buffer[..count]).await?;
        }
    }

    /// Springs the trap, if these are the bytes it waits for.
    fn spring(&self, bytes: &[u8]) {
        self.control.send_if_modified(|control| {
            let is_meant = |wanted: &[u8]| {
                wanted.is_empty() || bytes.windows(wanted.len()).any(|bytes| bytes == wanted)
            };
            let Some((_, keeps)) = control.trap.take_if(|(wanted, _)| is_meant(wanted)) else {
                return false;
            };
            match keeps {
                Keeps::Request => control.trapped.insert(self.number),
                Keeps::Answer => control.unanswered.insert(self.number),
            }
        });
    }

    /// Waits while nothing passes in this direction.
    async fn passes(&self, what: Keeps) {
        let mut changes = self.control.subscribe();
        let passing = changes.wait_for(|control| {
            !(control.is_frozen
                || control.cancels_are_frozen && self.is_cancel
                || self.number < control.frozen_below
                || control.trapped.contains(&self.number)
                || what == Keeps::Answer && control.unanswered.contains(&self.number))
        });
        let _ = passing.await;
    }
}
