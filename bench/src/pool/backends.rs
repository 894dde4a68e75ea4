//! The memory of PostgreSQL's backends: each keeps what it learned of every table it ever saw.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::{DATABASE, prepare, tidy_up};
use crate::arguments::{Backends, ContestantName, Draw};
use crate::cluster::{self, Cluster};
use crate::contestant::Setup;
use crate::failure::Result;
use crate::figures;
use crate::load::{Asks, Load};
use crate::machine::Machine;
use crate::process;
use crate::results::{self, Grid, Report};

/// The most that one backend is to have for itself, in bytes.
const GOAL: u64 = 100_000_000;
/// How often backends are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long requests are sent before they are counted up.
const SPELL: Duration = Duration::from_secs(4);

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    measurements: Vec<Measurement>,
}

#[derive(Debug, Serialize)]
struct Measurement {
    what: &'static str,
    requests: usize,
    errors: u64,
    requests_per_second: f64,
    /// The most that one backend had for itself at one time, in bytes.
    largest_backend: u64,
    /// The most that all backends had together at one time.
    all_backends: u64,
    backends_seen: usize,
    resident_bytes: u64,
}

pub(super) async fn run(arguments: Backends) -> Result<()> {
    let cluster = prepare(&arguments.server, arguments.tenants).await?;
    let machine = Machine::describe(&cluster).await?;
    let never = ("TENANTRY_CONNECTION__MAX_TENANTS_PER_CONNECTION", "0".to_owned());
    let ways =
        [("replaced after 2,000 tenants (the default)", vec![]), ("never replaced", vec![never])];
    let mut measurements = Vec::new();
    for (what, settings) in ways {
        let setup = Setup { connections: arguments.connections, settings, ..Setup::default() };
        let measured = measure(&cluster, &arguments, what, &setup).await?;
        eprintln!("{what}: {} in the largest", figures::megabytes(measured.largest_backend as f64));
        measurements.push(measured);
    }
    tidy_up(cluster).await?;
    publish(machine, &arguments, measurements)
}

async fn measure(
    cluster: &Cluster,
    arguments: &Backends,
    what: &'static str,
    setup: &Setup,
) -> Result<Measurement> {
    let url = cluster.url(DATABASE);
    let watcher = cluster::connect(&url).await?;
    let server = ContestantName::ProjectsApi.start(&url, setup).await?;
    let mut found = Measurement {
        what,
        requests: 0,
        errors: 0,
        requests_per_second: 0.0,
        largest_backend: 0,
        all_backends: 0,
        backends_seen: 0,
        resident_bytes: 0,
    };
    let mut seen = std::collections::BTreeSet::new();
    let start = Instant::now();
    let mut spell = 0;
    while found.requests < arguments.requests {
        spell += 1;
        let load = Load {
            address: server.address(),
            first: 1,
            tenants: arguments.tenants,
            draw: Draw::Uniform,
            clients: 32,
            warmup: Duration::ZERO,
            measured: SPELL,
            pace: None,
            seed: spell,
            asks: Asks::Project,
        };
        let running = load.start();
        let mut look = Instant::now() + LOOK;
        while look < running.closes() {
            sleep_until(look).await;
            look += LOOK;
            let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                       AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
            let mut all = 0;
            for row in watcher.query(sql, &[]).await? {
                let id = row.try_get::<_, i32>(0)?.cast_unsigned();
                seen.insert(id);
                let private = process::private_memory(id).unwrap_or(0);
                all += private;
                found.largest_backend = found.largest_backend.max(private);
            }
            found.all_backends = found.all_backends.max(all);
            let usage = server.process().and_then(process::usage);
            found.resident_bytes =
                found.resident_bytes.max(usage.map_or(0, |usage| usage.resident));
        }
        let tally = running.finish().await;
        found.requests += tally.answered();
        found.errors += tally.errors.total();
    }
    found.requests_per_second = found.requests as f64 / start.elapsed().as_secs_f64();
    found.backends_seen = seen.len();
    server.stop().await?;
    Ok(found)
}

fn publish(machine: Machine, arguments: &Backends, measurements: Vec<Measurement>) -> Result<()> {
    let mut table = Grid::new(
        &[
            "connections",
            "largest backend",
            "all backends",
            "backends seen",
            "requests",
            "requests/s",
            "errors",
            "RSS of projects-api",
        ],
        1,
    );
    for one in &measurements {
        table.row(vec![
            one.what.to_owned(),
            figures::megabytes(one.largest_backend as f64),
            figures::megabytes(one.all_backends as f64),
            one.backends_seen.to_string(),
            figures::thousands(one.requests as f64),
            figures::thousands(one.requests_per_second),
            one.errors.to_string(),
            figures::megabytes(one.resident_bytes as f64),
        ]);
    }
    let mut report = Report::new("The memory of PostgreSQL's backends");
    report.text(format!(
        "{} requests across {} schemas of three tables, drawn uniformly; {} connections and the \
         listener's. Memory that a backend shares with nobody, the most at one time; the goal is {} \
         each.",
        figures::thousands(arguments.requests as f64),
        figures::thousands(arguments.tenants as f64),
        arguments.connections,
        figures::megabytes(GOAL as f64),
    ));
    report.text(machine.sentence());
    report.table(table);
    results::publish("pool-backends", &report, &Figures { machine, measurements })
}
