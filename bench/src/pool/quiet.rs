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

/// Who is asked, and what the quiet client's tenant is there: bare axum has one schema, so that only
/// the clients differ.
const CONTESTANTS: [(ContestantName, usize); 2] =
    [(ContestantName::ProjectsApi, TENANTS[1]), (ContestantName::BareDiesel, TENANTS[0])];

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    contestants: Vec<Contest>,
}

#[derive(Debug, Serialize)]
struct Contest {
    name: &'static str,
    /// How many times its p99 alone the quiet client's p99 is.
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
    let mut rounds = CONTESTANTS.map(|_| Vec::new());
    for number in 1..=arguments.rounds {
        for ((name, tenant), rounds) in CONTESTANTS.into_iter().zip(&mut rounds) {
            let round = ask(name, tenant, &cluster.url(DATABASE), &arguments).await?;
            eprintln!(
                "round {number}, {}: p99 alone {:.0} µs, beside the flood {:.0} µs",
                name.title(),
                round.alone.p99_micros,
                round.beside_flood.p99_micros
            );
            rounds.push(round);
        }
    }
    tidy_up(cluster).await?;
    let contest = |((name, _), rounds): ((ContestantName, usize), Vec<Round>)| {
        let p99 = |of: fn(&Round) -> f64| median_of(&rounds, of);
        let times = p99(|one| one.beside_flood.p99_micros)? / p99(|one| one.alone.p99_micros)?;
        Ok(Contest { name: name.title(), times, rounds })
    };
    let contestants: Result<Vec<_>> = CONTESTANTS.into_iter().zip(rounds).map(contest).collect();
    publish(machine, &arguments, contestants?)
}

async fn ask(
    name: ContestantName,
    tenant: usize,
    database_url: &str,
    arguments: &Quiet,
) -> Result<Round> {
    let server = name.start(database_url, &Setup::default()).await?;
    let alone = listen(server.address(), tenant, arguments).await;
    let flooding = flood(server.address(), arguments)?;
    let (beside_flood, flood) =
        tokio::join!(listen(server.address(), tenant, arguments), flooding.wait_with_output());
    let flood = String::from_utf8_lossy(&flood.doing("the flood failed")?.stdout).into_owned();
    server.stop().await?;
    Ok(Round { alone, beside_flood, flood })
}

fn median_of(rounds: &[Round], value: fn(&Round) -> f64) -> Result<f64> {
    median(rounds.iter().map(value)).ok_or_else(|| Failure::new("nothing was measured"))
}

/// The quiet tenant's client.
async fn listen(address: SocketAddr, tenant: usize, arguments: &Quiet) -> Latencies {
    let load = Load {
        address,
        first: tenant,
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

fn publish(machine: Machine, arguments: &Quiet, contestants: Vec<Contest>) -> Result<()> {
    let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
    let mut table =
        Grid::new(&["the quiet client", "p50", "p99", "p99, of its own alone", "errors"], 1);
    let mut report = Report::new("A quiet tenant beside a flood");
    report.text(format!(
        "One client of one tenant at {} requests/s, alone and beside {} clients of another tenant; \
         16 connections; {}, {} s each. The flood, the server and PostgreSQL share the cores. Bare axum, \
         which has one schema and serves whoever comes first, shows what the machine itself makes of it.",
        arguments.pace,
        arguments.flood,
        figures::of_rounds(arguments.rounds),
        arguments.seconds,
    ));
    report.text(machine.sentence());
    let mut floods = Vec::new();
    for contest in &contestants {
        let mut row = |what: &str, times: f64, of: fn(&Round) -> Latencies| -> Result<()> {
            let latencies: Vec<_> = contest.rounds.iter().map(of).collect();
            let middle = |value: fn(&Latencies) -> f64| {
                median(latencies.iter().map(value))
                    .ok_or_else(|| Failure::new("nothing was measured"))
            };
            table.row(vec![
                format!("{}, {what}", contest.name),
                micros(middle(|one| one.p50_micros)?),
                micros(middle(|one| one.p99_micros)?),
                figures::ratio(times),
                latencies.iter().map(|one| one.errors.total()).sum::<u64>().to_string(),
            ]);
            Ok(())
        };
        row("alone", 1.0, |one| one.alone)?;
        row("beside the flood", contest.times, |one| one.beside_flood)?;
        let flood = contest.rounds.last().map_or("", |one| one.flood.trim()).replace('\n', "; ");
        floods.push(format!("{}: {flood}", contest.name));
    }
    report.table(table);
    report.text(format!(
        "The goal is a p99 of at most {GOAL} × its own alone. The flood meanwhile: {}.",
        floods.join(". "),
    ));
    results::publish("pool-quiet", &report, &Figures { machine, contestants })
}
