//! What holding a connection, and waiting for the home one, buy: projects-api as it is, and built or
//! configured without one of them.

use std::time::Duration;

use serde::Serialize;

use super::{DATABASE, prepare, tidy_up};
use crate::arguments::{ContestantName, Hold};
use crate::contestant::Setup;
use crate::failure::{Failure, Result};
use crate::figures;
use crate::http::measure::{Bench, Measurement};
use crate::http::scenario::Scenario;
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};
use crate::workspace;

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    measurements: Vec<Measured>,
}

#[derive(Debug, Serialize)]
struct Measured {
    way: &'static str,
    #[serde(flatten)]
    measurement: Measurement,
}

/// As it is, never held, never waiting for home, neither.
fn ways() -> Result<Vec<(&'static str, Setup)>> {
    let never_held = workspace::production_binary("projects-api-never-held");
    workspace::require("a build that never holds", &never_held, "bench/pool.sh hold")?;
    let impatient = || vec![("TENANTRY_CONNECTION__HOME_PATIENCE", "0s".to_owned())];
    let held_never =
        |settings| Setup { program: Some(never_held.clone()), settings, ..Setup::default() };
    Ok(vec![
        ("as it is", Setup::default()),
        ("never held", held_never(Vec::new())),
        ("home_patience 0s", Setup { settings: impatient(), ..Setup::default() }),
        ("neither", held_never(impatient())),
    ])
}

pub(super) async fn run(arguments: Hold) -> Result<()> {
    let ways = ways()?;
    let most = arguments.tenants.iter().copied().max().unwrap_or(1);
    let cluster = prepare(&arguments.server, most).await?;
    let machine = Machine::describe(&cluster).await?;
    let scenarios = Scenario::all(&arguments.tenants);
    let mut measurements = Vec::new();
    for round in 1..=arguments.rounds {
        for scenario in &scenarios {
            let mut turn: Vec<_> = ways.iter().collect();
            turn.rotate_left((round - 1) % ways.len());
            for (way, setup) in turn {
                let bench = Bench {
                    url: cluster.url(DATABASE),
                    setup: setup.clone(),
                    clients: 32,
                    warmup: Duration::from_secs_f64(arguments.warmup),
                    measured: Duration::from_secs_f64(arguments.seconds),
                };
                let contestant = ContestantName::ProjectsApi;
                let measurement = bench.measure(contestant, *scenario, round).await?;
                eprintln!(
                    "round {round}, {}, {way}: {:.0} requests/s",
                    scenario.title(),
                    measurement.requests_per_second
                );
                measurements.push(Measured { way, measurement });
            }
        }
    }
    tidy_up(cluster).await?;
    publish(machine, &arguments, &scenarios, &ways, measurements)
}

fn publish(
    machine: Machine,
    arguments: &Hold,
    scenarios: &[Scenario],
    ways: &[(&'static str, Setup)],
    measurements: Vec<Measured>,
) -> Result<()> {
    let mut table = Grid::new(
        &["tenants", "way", "requests/s", "of as it is", "p50", "p99", "CPU a request", "errors"],
        2,
    );
    for scenario in scenarios {
        let of = |way: &str, value: fn(&Measurement) -> f64| {
            let theirs = measurements.iter().filter(|one| one.way == way);
            let here = theirs.filter(|one| one.measurement.scenario == *scenario);
            median(here.map(|one| value(&one.measurement)))
                .ok_or_else(|| Failure::new("nothing was measured"))
        };
        let usual = of(ways[0].0, |one| one.requests_per_second)?;
        for (way, _) in ways {
            let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
            let requests = of(way, |one| one.requests_per_second)?;
            table.row(vec![
                scenario.title(),
                (*way).to_owned(),
                figures::thousands(requests),
                figures::ratio(requests / usual),
                micros(of(way, |one| one.p50_micros as f64)?),
                micros(of(way, |one| one.p99_micros as f64)?),
                format!("{:.0} µs", of(way, |one| one.cpu_micros_per_request.unwrap_or(0.0))?),
                figures::thousands(of(way, |one| one.errors.total() as f64)?),
            ]);
        }
    }
    let mut report = Report::new("What a hold and a little patience buy");
    report.text(format!(
        "projects-api, 32 clients, 16 connections and the listener's; {}, {} s each after {} s, the \
         ways taking turns.",
        figures::of_rounds(arguments.rounds),
        arguments.seconds,
        arguments.warmup,
    ));
    report.text(machine.sentence());
    report.table(table);
    results::publish("pool-hold", &report, &Figures { machine, measurements })
}
