//! Ten thousand tenants on twenty connections: projects-api against bare axum with one schema.

use std::time::Duration;

use serde::Serialize;

use super::{DATABASE, prepare, tidy_up};
use crate::arguments::{ContestantName, Draw, Many};
use crate::contestant::Setup;
use crate::failure::{Failure, Result};
use crate::figures;
use crate::http::measure::{Bench, Measurement};
use crate::http::scenario::Scenario;
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};

/// The part of bare axum's requests/s, and the p99, that are the goal.
const GOAL: (f64, Duration) = (0.50, Duration::from_millis(25));

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    ratio: f64,
    measurements: Vec<Measurement>,
}

pub(super) async fn run(arguments: Many) -> Result<()> {
    let cluster = prepare(&arguments.server, arguments.tenants).await?;
    let machine = Machine::describe(&cluster).await?;
    let bench = Bench {
        url: cluster.url(DATABASE),
        setup: Setup { connections: arguments.connections, ..Setup::default() },
        clients: 32,
        warmup: Duration::from_secs_f64(arguments.warmup),
        measured: Duration::from_secs_f64(arguments.seconds),
    };
    let one = Scenario { tenants: 1, draw: Draw::Uniform };
    let many = Scenario { tenants: arguments.tenants, draw: Draw::Zipf };
    let turns = [(ContestantName::BareDiesel, one), (ContestantName::ProjectsApi, many)];
    let mut measurements = Vec::new();
    for round in 1..=arguments.rounds {
        for (contestant, scenario) in turns {
            let measured = bench.measure(contestant, scenario, round).await?;
            eprintln!("round {round}: {:.0} requests/s", measured.requests_per_second);
            measurements.push(measured);
        }
    }
    tidy_up(cluster).await?;
    publish(machine, &arguments, measurements)
}

fn publish(machine: Machine, arguments: &Many, measurements: Vec<Measurement>) -> Result<()> {
    let of = |contestant, value: fn(&Measurement) -> f64| {
        median(measurements.iter().filter(|one| one.contestant == contestant).map(value))
            .ok_or_else(|| Failure::new("nothing was measured"))
    };
    let mut table = Grid::new(
        &["server", "requests/s", "p50", "p99", "errors", "connections", "RSS", "CPU a request"],
        1,
    );
    for contestant in [ContestantName::BareDiesel, ContestantName::ProjectsApi] {
        let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
        table.row(vec![
            contestant.title().to_owned(),
            figures::thousands(of(contestant, |one| one.requests_per_second)?),
            micros(of(contestant, |one| one.p50_micros as f64)?),
            micros(of(contestant, |one| one.p99_micros as f64)?),
            figures::thousands(of(contestant, |one| one.errors.total() as f64)?),
            figures::thousands(of(contestant, |one| one.connections as f64)?),
            figures::megabytes(of(contestant, |one| one.resident_bytes.unwrap_or(0) as f64)?),
            format!("{:.0} µs", of(contestant, |one| one.cpu_micros_per_request.unwrap_or(0.0))?),
        ]);
    }
    let ratio = of(ContestantName::ProjectsApi, |one| one.requests_per_second)?
        / of(ContestantName::BareDiesel, |one| one.requests_per_second)?;
    let mut report = Report::new("Many tenants, few connections");
    report.text(format!(
        "{} tenants of three tables by Zipf's law, 32 clients, {} connections and the listener's; \
         bare axum with one schema; {}, {} s each after {} s of warm-up.",
        figures::thousands(arguments.tenants as f64),
        arguments.connections,
        figures::of_rounds(arguments.rounds),
        arguments.seconds,
        arguments.warmup,
    ));
    report.text(machine.sentence());
    report.table(table);
    report.text(format!(
        "{} of bare axum's requests/s; the goal is {:.2}, with a p99 under {}.",
        figures::ratio(ratio),
        GOAL.0,
        figures::milliseconds(GOAL.1),
    ));
    results::publish("pool-many", &report, &Figures { machine, ratio, measurements })
}
