//! A quiet tenant beside one that does what it can to its neighbours.

use std::time::Duration;

use serde::Serialize;

use super::misbehave::{Misbehaving, Statuses};
use super::{DATABASE, Found, folder::Folder, load, peer, prepare, usual};
use crate::arguments::{Deed, ServerBench};
use crate::contestant::Server;
use crate::failure::{Failure, Result};
use crate::figures;
use crate::load::{Asks, Load};
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};

/// How many times its p99 alone the quiet tenant's p99 may be.
const GOAL: f64 = 2.0;

/// Requests a second of the quiet tenant's client.
const PACE: f64 = 50.0;

impl Deed {
    const ALL: [Self; 4] = [Self::Loop, Self::Allocate, Self::Regex, Self::Slow];

    fn title(self) -> &'static str {
        match self {
            Self::Loop => "an endless loop",
            Self::Allocate => "allocating without end",
            Self::Regex => "a catastrophic regular expression",
            Self::Slow => "1,000 slow queries",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Loop => "/loop",
            Self::Allocate => "/allocate",
            Self::Regex => "/regex",
            Self::Slow => "/slow",
        }
    }

    /// With how many requests at a time.
    fn clients(self) -> usize {
        match self {
            Self::Slow => 1000,
            Self::Loop | Self::Allocate | Self::Regex => 8,
        }
    }
}

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    deed: Deed,
    round: usize,
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
    let deeds = match arguments.deeds.as_slice() {
        [] => &Deed::ALL,
        asked => asked,
    };
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        for &deed in deeds {
            let server = peer::tenantry(&cluster.url(DATABASE), &folder, &[]).await?;
            let alone = load(&server, quiet(&server, arguments)).await;
            let bad = Misbehaving::start(server.address(), deed.path(), deed.clients())?;
            let beside = load(&server, quiet(&server, arguments)).await;
            let bad = bad.stop().await?;
            server.stop().await?;
            let round = Round { deed, round, alone, beside, bad };
            round.show(arguments.rounds);
            rounds.push(round);
        }
    }
    cluster.stop().await?;
    publish(machine, arguments, deeds, rounds)
}

impl Round {
    /// How many times its p99 alone the quiet tenant's p99 is.
    fn times(&self) -> f64 {
        self.beside.p99_micros / self.alone.p99_micros
    }

    fn show(&self, rounds: usize) {
        eprintln!(
            "round {}/{rounds}  {}: p99 alone {:.0} µs, beside it {:.0} µs, {:.2} ×, {} errors",
            self.round,
            self.deed.title(),
            self.alone.p99_micros,
            self.beside.p99_micros,
            self.times(),
            self.beside.errors.total()
        );
    }
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

fn publish(
    machine: Machine,
    arguments: &ServerBench,
    deeds: &[Deed],
    rounds: Vec<Round>,
) -> Result<()> {
    let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
    let mut table = Grid::new(
        &["beside", "p99 alone", "p99 beside", "times", "each round", "p50 beside", "errors"],
        1,
    );
    let mut worst = None::<f64>;
    for &deed in deeds {
        let of: Vec<&Round> = rounds.iter().filter(|round| round.deed == deed).collect();
        let middle = |figure: &dyn Fn(&Round) -> f64| {
            let figures = of.iter().map(|round| figure(round));
            median(figures).ok_or_else(|| Failure::new("nothing was measured"))
        };
        let times = middle(&Round::times)?;
        worst = Some(worst.map_or(times, |worst| worst.max(times)));
        let each: Vec<String> = of.iter().map(|round| figures::ratio(round.times())).collect();
        table.row(vec![
            deed.title().to_owned(),
            micros(middle(&|round| round.alone.p99_micros)?),
            micros(middle(&|round| round.beside.p99_micros)?),
            figures::ratio(times),
            each.join(" "),
            micros(middle(&|round| round.beside.p50_micros)?),
            of.iter().map(|round| round.beside.errors.total()).sum::<u64>().to_string(),
        ]);
    }
    let worst = worst.ok_or_else(|| Failure::new("nothing was measured"))?;
    let mut report = Report::new("A quiet tenant beside a bad one");
    report.text(format!(
        "One client of one tenant reads a row at {PACE} requests/s for {} s, alone and beside another tenant whose clients, in a process of their own, ask for what does no good, again and again: 8 of them, and 1,000 for slow queries. Medians of {} rounds.",
        arguments.seconds, arguments.rounds
    ));
    report.text(machine.sentence());
    report.table(table);
    report.text(format!(
        "The most is {} × alone; the goal is at most {GOAL}.",
        figures::ratio(worst)
    ));
    results::publish("server-beside", &report, &Figures { machine, rounds })
}
