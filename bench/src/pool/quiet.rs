//! A quiet tenant's latencies: alone, and beside a tenant whose clients ask as fast as they are
//! answered.
//!
//! The flood comes from a process of its own, so that it is not the load generator that delays the
//! quiet tenant's requests.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::process::Command;

use super::{DATABASE, prepare, tidy_up};
use crate::arguments::{ContestantName, Draw, Quiet};
use crate::contestant::Setup;
use crate::failure::{Doing as _, Failure, Result};
use crate::figures;
use crate::load::{Asks, Errors, Load};
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};

/// How many times its p99 alone the quiet tenant's p99 may be.
const GOAL: f64 = 2.0;

/// The tenant that floods, and the quiet one.
const TENANTS: [usize; 2] = [1, 2];

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    times: f64,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    alone: Latencies,
    beside_flood: Latencies,
    /// What the load of the flood said.
    flood: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Latencies {
    answered: usize,
    p50_micros: f64,
    p99_micros: f64,
    errors: Errors,
}

pub(super) async fn run(arguments: Quiet) -> Result<()> {
    let cluster = prepare(&arguments.server, TENANTS.len()).await?;
    let machine = Machine::describe(&cluster).await?;
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        let server =
            ContestantName::ProjectsApi.start(&cluster.url(DATABASE), &Setup::default()).await?;
        let alone = listen(server.address(), &arguments).await;
        let flooding = flood(server.address(), &arguments)?;
        let (beside_flood, flood) =
            tokio::join!(listen(server.address(), &arguments), flooding.wait_with_output());
        let flood = String::from_utf8_lossy(&flood.doing("the flood failed")?.stdout).into_owned();
        server.stop().await?;
        eprintln!(
            "round {number}: p99 alone {:.0} µs, beside the flood {:.0} µs",
            alone.p99_micros, beside_flood.p99_micros
        );
        rounds.push(Round { alone, beside_flood, flood });
    }
    tidy_up(cluster).await?;
    publish(machine, &arguments, rounds)
}

/// The quiet tenant's client.
async fn listen(address: SocketAddr, arguments: &Quiet) -> Latencies {
    let load = Load {
        address,
        first: TENANTS[1],
        tenants: 1,
        draw: Draw::Uniform,
        clients: 1,
        warmup: Duration::from_secs_f64(arguments.warmup),
        measured: Duration::from_secs_f64(arguments.seconds),
        pace: Some(Duration::from_secs_f64(1.0 / arguments.pace)),
        seed: 1,
        asks: Asks::Project,
    };
    let mut tally = load.start().finish().await;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Latencies {
        answered: tally.answered(),
        p50_micros: micros(tally.percentile(50.0)),
        p99_micros: micros(tally.percentile(99.0)),
        errors: tally.errors,
    }
}

/// Everybody else, for as long as the quiet client asks.
fn flood(address: SocketAddr, arguments: &Quiet) -> Result<tokio::process::Child> {
    let seconds = arguments.seconds + 0.5;
    Command::new(std::env::current_exe()?)
        .args(["load", &address.to_string(), "--tenants", "1"])
        .args(["--first", &TENANTS[0].to_string(), "--clients", &arguments.flood.to_string()])
        .args(["--warmup", &arguments.warmup.to_string(), "--seconds", &seconds.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing("cannot start the flood")
}

fn publish(machine: Machine, arguments: &Quiet, rounds: Vec<Round>) -> Result<()> {
    let of = |value: fn(&Round) -> f64| {
        median(rounds.iter().map(value)).ok_or_else(|| Failure::new("nothing was measured"))
    };
    let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
    let (alone, beside) = (of(|one| one.alone.p99_micros)?, of(|one| one.beside_flood.p99_micros)?);
    let times = beside / alone;
    let mut table = Grid::new(&["the quiet tenant", "p50", "p99", "requests", "errors"], 1);
    table.row(vec![
        "alone".to_owned(),
        micros(of(|one| one.alone.p50_micros)?),
        micros(alone),
        figures::thousands(of(|one| one.alone.answered as f64)?),
        rounds.iter().map(|one| one.alone.errors.total()).sum::<u64>().to_string(),
    ]);
    table.row(vec![
        "beside the flood".to_owned(),
        micros(of(|one| one.beside_flood.p50_micros)?),
        micros(beside),
        figures::thousands(of(|one| one.beside_flood.answered as f64)?),
        rounds.iter().map(|one| one.beside_flood.errors.total()).sum::<u64>().to_string(),
    ]);
    let mut report = Report::new("A quiet tenant beside a flood");
    report.text(format!(
        "One client of one tenant at {} requests/s, alone and beside {} clients of another tenant; \
         16 connections; {}, {} s each. The flood, the server and PostgreSQL share the cores.",
        arguments.pace,
        arguments.flood,
        figures::of_rounds(arguments.rounds),
        arguments.seconds,
    ));
    report.text(machine.sentence());
    report.table(table);
    report.text(format!(
        "Its p99 is {} × what it is alone; the goal is at most {GOAL}. The flood meanwhile: {}.",
        figures::ratio(times),
        rounds.last().map_or("", |one| one.flood.trim()).replace('\n', "; "),
    ));
    results::publish("pool-quiet", &report, &Figures { machine, times, rounds })
}
