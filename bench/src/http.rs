//! `GET /projects/{id}` on every contestant, with one tenant and with many.

mod goals;
pub(crate) mod measure;
mod report;
pub(crate) mod scenario;
mod summary;

use std::time::Duration;

use serde::Serialize;

use crate::arguments::{self, Commits, ContestantName};
use crate::cluster::Cluster;
use crate::contestant::Setup;
use crate::failure::Result;
use crate::figures;
use crate::machine::Machine;
use crate::{seed, workspace};
use measure::{Bench, Measurement};
use scenario::Scenario;

const DATABASE: &str = "tenantry_bench_http";

/// How a run was made: what a reader needs to repeat it.
#[derive(Clone, Debug, Serialize)]
struct Settings {
    rounds: usize,
    seconds: f64,
    warmup_seconds: f64,
    clients: usize,
    tenants_in_database: usize,
}

impl Settings {
    fn new(arguments: &arguments::Run) -> Self {
        let most = arguments.tenants.iter().copied().max().unwrap_or(1);
        let mut settings = Self {
            rounds: arguments.rounds,
            seconds: arguments.seconds,
            warmup_seconds: arguments.warmup,
            clients: arguments.clients,
            tenants_in_database: most,
        };
        if arguments.quick {
            settings.rounds = 1;
            settings.seconds = settings.seconds.min(2.0);
            settings.warmup_seconds = settings.warmup_seconds.min(1.0);
        }
        settings
    }
}

/// `tenantry-bench run`.
pub(crate) async fn run(arguments: arguments::Run) -> Result<()> {
    let settings = Settings::new(&arguments);
    let contestants = contestants(&arguments.only)?;
    let scenarios = Scenario::all(&arguments.tenants);
    let cluster = Cluster::start(&arguments.server, Commits::Fast).await?;
    let machine = Machine::describe(&cluster).await?;
    prepare(&cluster, &contestants, settings.tenants_in_database).await?;

    let bench = Bench {
        url: cluster.url(DATABASE),
        setup: Setup::default(),
        clients: settings.clients,
        warmup: Duration::from_secs_f64(settings.warmup_seconds),
        measured: Duration::from_secs_f64(settings.seconds),
    };
    let mut measurements = Vec::new();
    for round in 1..=settings.rounds {
        for scenario in &scenarios {
            for contestant in in_turn(&contestants, round) {
                if !scenario.suits(contestant) {
                    continue;
                }
                let measurement = bench.measure(contestant, *scenario, round).await?;
                show(&measurement, settings.rounds);
                measurements.push(measurement);
            }
        }
    }

    cluster.drop(DATABASE).await?;
    cluster.stop().await?;
    report::publish(machine, settings, measurements)
}

/// The contestants asked for, all of which can be started.
fn contestants(only: &[ContestantName]) -> Result<Vec<ContestantName>> {
    let wanted = if only.is_empty() { ContestantName::ALL.to_vec() } else { only.to_vec() };
    for contestant in &wanted {
        let (path, how) = contestant.needs();
        workspace::require(contestant.title(), &path, how)?;
    }
    Ok(wanted)
}

async fn prepare(cluster: &Cluster, contestants: &[ContestantName], tenants: usize) -> Result<()> {
    eprintln!("seeding {tenants} tenants");
    cluster.recreate(DATABASE, None).await?;
    let url = cluster.url(DATABASE);
    seed::seed(&url, tenants).await?;
    if contestants.contains(&ContestantName::ProjectsApi) {
        seed::enrol(&url, tenants).await?;
    }
    cluster.checkpoint().await
}

/// All of them, beginning with another one in each round.
fn in_turn(contestants: &[ContestantName], round: usize) -> Vec<ContestantName> {
    let mut turn = contestants.to_vec();
    turn.rotate_left((round - 1) % contestants.len().max(1));
    turn
}

fn show(measurement: &Measurement, rounds: usize) {
    eprintln!(
        "round {}/{rounds}  {:<22}  {:<26} {:>7} requests/s  p99 {:>9}  {} errors",
        measurement.round,
        measurement.scenario.title(),
        measurement.contestant.title(),
        figures::thousands(measurement.requests_per_second),
        figures::milliseconds(Duration::from_micros(measurement.p99_micros)),
        measurement.errors.total(),
    );
}
