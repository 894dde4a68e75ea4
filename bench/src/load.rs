//! The load: clients that ask for projects of tenants drawn by chance.
//!
//! It shares the machine's cores with the server it measures, so it is lean: one thread, requests
//! written out before the clock starts, one `write` and one `read` for each of them, and an
//! answer looked at only as far as needed to know that it is the right one.

pub(crate) mod answer;
mod client;
mod draw;
mod tally;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use tally::{Errors, Tally};

use crate::arguments::{self, Draw};
use crate::failure::Result;
use crate::{process, tenants};
use client::Client;
use draw::Tenants;

/// What to ask, of whom, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// The number of the first tenant.
    pub(crate) first: usize,
    pub(crate) tenants: usize,
    pub(crate) draw: Draw,
    pub(crate) clients: usize,
    pub(crate) warmup: Duration,
    pub(crate) measured: Duration,
    /// How often each client asks; as fast as it is answered unless given.
    pub(crate) pace: Option<Duration>,
    /// The same seed draws the same tenants.
    pub(crate) seed: u64,
    /// What is asked for.
    pub(crate) asks: Asks,
}

/// What each tenant is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asks {
    /// The project, whose name says whose it is.
    Project,
    /// What is the same for every tenant: a path, and what its answer holds.
    Path(&'static str, &'static str),
}

/// One tenant's request, ready to be sent, and what its answer must hold.
#[derive(Debug)]
struct Request {
    bytes: Vec<u8>,
    expected: Vec<u8>,
}

/// When counting begins and when it ends.
#[derive(Clone, Copy, Debug)]
struct Window {
    opens: Instant,
    closes: Instant,
}

/// A load that is running.
#[derive(Debug)]
pub(crate) struct Running {
    clients: JoinSet<Tally>,
    window: Window,
}

impl Load {
    /// Sends the clients off.
    pub(crate) fn start(&self) -> Running {
        let opens = Instant::now() + self.warmup;
        let window = Window { opens, closes: opens + self.measured };
        let requests: Arc<[Request]> = (self.first..self.first + self.tenants)
            .map(|number| Request::new(self.address, number, self.asks))
            .collect();
        let drawn = Arc::new(Tenants::new(self.draw, self.tenants));
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            let seed = self.seed ^ number as u64;
            let client = Client::new(self.address, &requests, &drawn, self.pace, seed);
            clients.spawn(client.run(window));
        }
        Running { clients, window }
    }
}

impl Running {
    /// When the warm-up is over and counting begins.
    pub(crate) fn opens(&self) -> Instant {
        self.window.opens
    }

    /// When counting ends.
    pub(crate) fn closes(&self) -> Instant {
        self.window.closes
    }

    /// Waits for all clients and adds up what they counted.
    pub(crate) async fn finish(self) -> Tally {
        let mut total = Tally::default();
        for tally in self.clients.join_all().await {
            total.add(tally);
        }
        total
    }
}

impl Request {
    fn new(address: SocketAddr, number: usize, asks: Asks) -> Self {
        let id = tenants::id(number);
        let (path, expected) = match asks {
            Asks::Project => (
                format!("/projects/{}", tenants::PROJECT),
                format!("\"{}\"", tenants::project_name(&id)),
            ),
            Asks::Path(path, expected) => (path.to_owned(), expected.to_owned()),
        };
        let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nx-tenant-id: {id}\r\n\r\n");
        Self { bytes: head.into_bytes(), expected: expected.into_bytes() }
    }
}

/// `tenantry-bench load`: one load on a server that somebody else started.
pub(crate) async fn run_once(arguments: arguments::Load) -> Result<()> {
    let load = Load {
        address: arguments.address,
        first: arguments.first,
        tenants: arguments.tenants,
        draw: arguments.draw,
        clients: arguments.clients,
        warmup: Duration::from_secs_f64(arguments.warmup),
        measured: Duration::from_secs_f64(arguments.seconds),
        pace: arguments.pace.map(|a_second| Duration::from_secs_f64(1.0 / a_second)),
        seed: 1,
        asks: Asks::Project,
    };
    let usage = || arguments.pid.and_then(process::usage);
    let running = load.start();
    tokio::time::sleep_until(running.opens()).await;
    let before = usage();
    tokio::time::sleep_until(running.closes()).await;
    let after = usage();
    let mut tally = running.finish().await;
    let answered = tally.answered();
    println!("{:.0} requests/s", answered as f64 / arguments.seconds);
    println!("p50 {:?}, p99 {:?}", tally.percentile(50.0), tally.percentile(99.0));
    println!("{} errors {}", tally.errors.total(), tally.errors);
    if let (Some(before), Some(after)) = (before, after) {
        let cpu = (after.cpu - before.cpu).as_secs_f64() * 1e6 / answered.max(1) as f64;
        println!("{cpu:.1} µs of CPU a request, {} MB resident", after.resident / 1_000_000);
    }
    Ok(())
}
