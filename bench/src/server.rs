//! `tenantry-bench server`: `tenantry serve` beside Fastify on Node.

mod beside;
mod folder;
mod misbehave;
mod peer;
mod reload;
mod request;
mod rows;
mod tenants;
mod watch;

use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep_until;

use crate::arguments::{Commits, Draw, ServerBench, ServerPart};
use crate::cluster::Cluster;
use crate::contestant::Server;
use crate::failure::Result;
use crate::load::{Asks, Errors, Load};
use crate::{process, seed};

pub(crate) use self::misbehave::run as misbehave;

const DATABASE: &str = "tenantry_bench_server";

pub(crate) async fn run(arguments: ServerBench) -> Result<()> {
    match arguments.what {
        ServerPart::Json => rows::json(&arguments).await,
        ServerPart::Row => rows::row(&arguments).await,
        ServerPart::Tenants => tenants::run(&arguments).await,
        ServerPart::Reload => reload::run(&arguments).await,
        ServerPart::Watch => watch::run(&arguments).await,
        ServerPart::Beside => beside::run(&arguments).await,
    }
}

/// A PostgreSQL with this many tenants, in Tenantry's catalog, too.
async fn prepare(arguments: &ServerBench, tenants: usize) -> Result<Cluster> {
    let cluster = Cluster::start(&arguments.server, Commits::Fast).await?;
    eprintln!("seeding {tenants} tenants");
    cluster.recreate(DATABASE, None).await?;
    let url = cluster.url(DATABASE);
    seed::seed(&url, tenants).await?;
    seed::enrol(&url, tenants).await?;
    cluster.checkpoint().await?;
    Ok(cluster)
}

/// What a load found.
#[derive(Clone, Copy, Debug, Serialize)]
struct Found {
    requests_per_second: f64,
    p50_micros: f64,
    p99_micros: f64,
    errors: Errors,
    /// The server's memory at the end.
    resident_bytes: Option<u64>,
}

/// Loads a server.
async fn load(server: &Server, load: Load) -> Found {
    let running = load.start();
    sleep_until(running.closes()).await;
    let usage = server.process().and_then(process::usage);
    let mut tally = running.finish().await;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Found {
        requests_per_second: tally.answered() as f64 / load.measured.as_secs_f64(),
        p50_micros: micros(tally.percentile(50.0)),
        p99_micros: micros(tally.percentile(99.0)),
        errors: tally.errors,
        resident_bytes: usage.map(|usage| usage.resident),
    }
}

/// A load as the arguments say.
fn usual(server: &Server, arguments: &ServerBench, tenants: usize, asks: Asks) -> Load {
    Load {
        address: server.address(),
        first: 1,
        tenants,
        draw: Draw::Uniform,
        clients: arguments.clients,
        warmup: Duration::from_secs_f64(arguments.warmup),
        measured: Duration::from_secs_f64(arguments.seconds),
        pace: None,
        seed: 1,
        asks,
    }
}
