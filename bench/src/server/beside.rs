//! A quiet tenant beside one that does what it can to its neighbours.

use std::time::Duration;

use serde::Serialize;

use super::misbehave::{Misbehaving, Statuses};
use super::{DATABASE, Found, folder::Folder, load, peer, prepare, usual};
use crate::arguments::ServerBench;
use crate::contestant::Server;
use crate::failure::{Failure, Result};
use crate::figures;
use crate::load::{Asks, Load};
use crate::machine::Machine;
use crate::results::{self, Grid, Report};

/// How many times its p99 alone the quiet tenant's p99 may be.
const GOAL: f64 = 2.0;

/// Requests a second of the quiet tenant's client.
const PACE: f64 = 50.0;

/// What the bad tenant does, and with how many requests at a time.
const DEEDS: [(&str, &str, usize); 4] = [
    ("an endless loop", "/loop", 8),
    ("allocating without end", "/allocate", 8),
    ("a catastrophic regular expression", "/regex", 8),
    ("1,000 slow queries", "/slow", 1000),
];

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    deed: &'static str,
    alone: Found,
    beside: Found,
    /// How many of the bad tenant's requests were answered, by status.
    bad: Statuses,
}

pub(super) async fn run(arguments: &ServerBench) -> Result<()> {
    let cluster = prepare(arguments, 2).await?;
    let machine = Machine::describe(&cluster).await?;
    let folder = Folder::new(2)?;
    folder.make_bad(1)?;
    let mut rounds = Vec::new();
    for (deed, path, at_once) in DEEDS {
        let server = peer::tenantry(&cluster.url(DATABASE), &folder, &[]).await?;
        let alone = load(&server, quiet(&server, arguments)).await;
        let bad = Misbehaving::start(server.address(), path, at_once)?;
        let beside = load(&server, quiet(&server, arguments)).await;
        let bad = bad.stop().await?;
        server.stop().await?;
        eprintln!(
            "{deed}: p99 alone {:.0} µs, beside it {:.0} µs, {} errors",
            alone.p99_micros,
            beside.p99_micros,
            beside.errors.total()
        );
        rounds.push(Round { deed, alone, beside, bad });
    }
    cluster.stop().await?;
    publish(machine, arguments, rounds)
}

/// The quiet tenant's client.
fn quiet(server: &Server, arguments: &ServerBench) -> Load {
    Load {
        first: 2,
        clients: 1,
        pace: Some(Duration::from_secs_f64(1.0 / PACE)),
        ..usual(server, arguments, 1, Asks::Project)
    }
}

fn publish(machine: Machine, arguments: &ServerBench, rounds: Vec<Round>) -> Result<()> {
    let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
    let mut table =
        Grid::new(&["beside", "p99 alone", "p99 beside", "times", "p50 beside", "errors"], 1);
    for round in &rounds {
        table.row(vec![
            round.deed.to_owned(),
            micros(round.alone.p99_micros),
            micros(round.beside.p99_micros),
            figures::ratio(round.beside.p99_micros / round.alone.p99_micros),
            micros(round.beside.p50_micros),
            round.beside.errors.total().to_string(),
        ]);
    }
    let worst = rounds
        .iter()
        .map(|round| round.beside.p99_micros / round.alone.p99_micros)
        .max_by(f64::total_cmp)
        .ok_or_else(|| Failure::new("nothing was measured"))?;
    let mut report = Report::new("A quiet tenant beside a bad one");
    report.text(format!(
        "One client of one tenant reads a row at {PACE} requests/s for {} s, alone and beside another tenant whose clients, in a process of their own, ask for what does no good, again and again: 8 of them, and 1,000 for slow queries.",
        arguments.seconds
    ));
    report.text(machine.sentence());
    report.table(table);
    report.text(format!(
        "The most is {} × alone; the goal is at most {GOAL}.",
        figures::ratio(worst)
    ));
    results::publish("server-beside", &report, &Figures { machine, rounds })
}
