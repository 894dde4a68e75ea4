//! One contestant, one scenario, once.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_postgres::{Client, Statement};

use super::scenario::Scenario;
use crate::arguments::ContestantName;
use crate::cluster;
use crate::contestant::Setup;
use crate::failure::{Doing as _, Result};
use crate::load::{Asks, Errors, Load};
use crate::process::{self, Usage};

/// How often connections and memory are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long the last contestant's connections may linger.
const LINGER: Duration = Duration::from_secs(20);

/// What does not change from one measurement to the next.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) url: String,
    pub(crate) setup: Setup,
    pub(crate) clients: usize,
    pub(crate) warmup: Duration,
    pub(crate) measured: Duration,
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measurement {
    pub(crate) contestant: ContestantName,
    #[serde(flatten)]
    pub(crate) scenario: Scenario,
    pub(crate) round: usize,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_micros: u64,
    pub(crate) p99_micros: u64,
    pub(crate) errors: Errors,
    /// The most that were open at one time, warm-up included.
    pub(crate) connections: i64,
    /// The most memory that was resident at one time.
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) cpu_micros_per_request: Option<f64>,
    /// What the load generator itself took, of the same cores.
    pub(crate) load_cpu_micros_per_request: Option<f64>,
}

impl Bench {
    /// Starts the contestant anew, loads it, and stops it.
    pub(crate) async fn measure(
        &self,
        contestant: ContestantName,
        scenario: Scenario,
        round: usize,
    ) -> Result<Measurement> {
        let mut watch = Watch::new(&self.url).await?;
        watch.wait_for_silence().await?;
        let server = contestant.start(&self.url, &self.setup).await?;
        watch.process = server.process();

        let load = Load {
            address: server.address(),
            first: 1,
            tenants: scenario.tenants,
            draw: scenario.draw,
            clients: self.clients,
            warmup: self.warmup,
            measured: self.measured,
            pace: None,
            seed: round as u64,
            asks: Asks::Project,
        };
        let running = load.start();
        watch.until(running.opens()).await?;
        let (server_before, load_before) = (watch.usage(), process::usage(std::process::id()));
        watch.until(running.closes()).await?;
        let (server_after, load_after) = (watch.usage(), process::usage(std::process::id()));
        let mut tally = running.finish().await;
        server.stop().await.doing(format_args!("cannot stop {}", contestant.title()))?;

        let answered = tally.answered();
        Ok(Measurement {
            contestant,
            scenario,
            round,
            requests_per_second: answered as f64 / self.measured.as_secs_f64(),
            p50_micros: micros(tally.percentile(50.0)),
            p99_micros: micros(tally.percentile(99.0)),
            errors: tally.errors,
            connections: watch.connections,
            resident_bytes: watch.resident,
            cpu_micros_per_request: cpu_per_request(server_before, server_after, answered),
            load_cpu_micros_per_request: cpu_per_request(load_before, load_after, answered),
        })
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn cpu_per_request(before: Option<Usage>, after: Option<Usage>, requests: usize) -> Option<f64> {
    let spent = after?.cpu.checked_sub(before?.cpu)?;
    (requests > 0).then(|| spent.as_secs_f64() * 1e6 / requests as f64)
}

/// Looks at a server's memory and connections from time to time, and keeps the highest.
struct Watch {
    client: Client,
    count: Statement,
    process: Option<u32>,
    connections: i64,
    resident: Option<u64>,
}

impl Watch {
    async fn new(url: &str) -> Result<Self> {
        let client = cluster::connect(url).await?;
        let count = client
            .prepare(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
            )
            .await?;
        Ok(Self { client, count, process: None, connections: 0, resident: None })
    }

    async fn open_connections(&self) -> Result<i64> {
        Ok(self.client.query_one(&self.count, &[]).await?.try_get(0)?)
    }

    /// Waits until the connections of the contestant before have ended.
    async fn wait_for_silence(&self) -> Result<()> {
        let deadline = Instant::now() + LINGER;
        while self.open_connections().await? > 0 && Instant::now() < deadline {
            sleep(LOOK / 10).await;
        }
        Ok(())
    }

    fn usage(&self) -> Option<Usage> {
        self.process.and_then(process::usage)
    }

    async fn until(&mut self, end: Instant) -> Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(end) => return Ok(()),
                _ = looks.tick() => {}
            }
            self.connections = self.connections.max(self.open_connections().await?);
            self.resident = self.resident.max(self.usage().map(|usage| usage.resident));
        }
    }
}
