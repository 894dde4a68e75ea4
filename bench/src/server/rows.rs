//! Routes: one that answers a small JSON, and one that reads a row through a service.

use std::time::Duration;

use serde::Serialize;

use super::{DATABASE, Found, folder::Folder, load, peer, prepare, usual};
use crate::arguments::ServerBench;
use crate::failure::{Failure, Result};
use crate::figures;
use crate::load::Asks;
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    tenants: usize,
    node: Found,
    tenantry: Found,
}

/// What Fastify's own example answers.
const JSON: Asks = Asks::Path("/json", "\"world\"");

pub(super) async fn json(arguments: &ServerBench) -> Result<()> {
    let cluster = prepare(arguments, 1).await?;
    let machine = Machine::describe(&cluster).await?;
    let folder = Folder::new(1)?;
    let url = cluster.url(DATABASE);
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        let server = peer::fastify().await?;
        let node = load(&server, usual(&server, arguments, 1, JSON)).await;
        server.stop().await?;
        let server = peer::tenantry(&url, &folder, &[]).await?;
        let tenantry = load(&server, usual(&server, arguments, 1, JSON)).await;
        server.stop().await?;
        rounds.push(told(number, Round { tenants: 1, node, tenantry }));
    }
    cluster.stop().await?;
    let mut report = Report::new("A route that answers a small JSON");
    report.text(method(
        arguments,
        "Fastify has that one route; `tenantry serve` has a tenant as in `bench/server/tenant`.",
    ));
    report.text(machine.sentence());
    report.table(table("Fastify on Node", &rounds, &[1])?);
    goals(&mut report, &rounds, &[(1, 1.0)])?;
    results::publish("server-json", &report, &Figures { machine, rounds })
}

pub(super) async fn row(arguments: &ServerBench) -> Result<()> {
    let most = arguments.tenants.iter().copied().max().unwrap_or(1);
    let cluster = prepare(arguments, most).await?;
    let machine = Machine::describe(&cluster).await?;
    let folder = Folder::new(most)?;
    let url = cluster.url(DATABASE);
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        for &tenants in &arguments.tenants {
            let server = peer::drizzle(&url).await?;
            let node = load(&server, usual(&server, arguments, tenants, Asks::Project)).await;
            server.stop().await?;
            let server = peer::tenantry(&url, &folder, &[]).await?;
            let tenantry = load(&server, usual(&server, arguments, tenants, Asks::Project)).await;
            server.stop().await?;
            rounds.push(told(number, Round { tenants, node, tenantry }));
        }
    }
    cluster.stop().await?;
    let mut report = Report::new("A route that reads a row through a service");
    report.text(method(
        arguments,
        "Fastify with drizzle-multitenant, 50 pools of 10 as its package leaves it; `tenantry serve` with 16 connections. Tenants are drawn uniformly, and each answer is looked at for its own tenant's row.",
    ));
    report.text(machine.sentence());
    report.table(table("Fastify, drizzle-multitenant", &rounds, &arguments.tenants)?);
    goals(&mut report, &rounds, &[(1, 2.0), (100, 20.0)])?;
    results::publish("server-row", &report, &Figures { machine, rounds })
}

fn told(number: usize, round: Round) -> Round {
    eprintln!(
        "round {number}, {} tenants: Node {:.0} requests/s ({} errors), Tenantry {:.0} ({} errors)",
        round.tenants,
        round.node.requests_per_second,
        round.node.errors.total(),
        round.tenantry.requests_per_second,
        round.tenantry.errors.total(),
    );
    round
}

fn method(arguments: &ServerBench, what: &str) -> String {
    format!(
        "{} clients, each with one connection and one request at a time; {}, {} s each; servers, load and PostgreSQL share the cores. {what}",
        arguments.clients,
        figures::of_rounds(arguments.rounds),
        arguments.seconds,
    )
}

fn of(rounds: &[Round], tenants: usize, value: impl Fn(&Round) -> f64) -> Result<f64> {
    median(rounds.iter().filter(|round| round.tenants == tenants).map(value))
        .ok_or_else(|| Failure::new("nothing was measured"))
}

/// One of the two servers of a round.
type Side = fn(&Round) -> &Found;

fn table(node: &str, rounds: &[Round], tenants: &[usize]) -> Result<Grid> {
    let mut table =
        Grid::new(&["tenants", "server", "requests/s", "p50", "p99", "RSS", "errors"], 2);
    let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
    let sides: [(&str, Side); 2] =
        [(node, |round| &round.node), ("tenantry serve", |round| &round.tenantry)];
    for &tenants in tenants {
        for (title, side) in sides {
            let errors: u64 = rounds
                .iter()
                .filter(|round| round.tenants == tenants)
                .map(|round| side(round).errors.total())
                .sum();
            table.row(vec![
                tenants.to_string(),
                title.to_owned(),
                figures::thousands(of(rounds, tenants, |round| side(round).requests_per_second)?),
                micros(of(rounds, tenants, |round| side(round).p50_micros)?),
                micros(of(rounds, tenants, |round| side(round).p99_micros)?),
                figures::megabytes(of(rounds, tenants, |round| {
                    side(round).resident_bytes.unwrap_or(0) as f64
                })?),
                errors.to_string(),
            ]);
        }
    }
    Ok(table)
}

fn goals(report: &mut Report, rounds: &[Round], goals: &[(usize, f64)]) -> Result<()> {
    for &(tenants, goal) in goals {
        if rounds.iter().all(|round| round.tenants != tenants) {
            continue;
        }
        let ratio = of(rounds, tenants, |round| {
            round.tenantry.requests_per_second / round.node.requests_per_second
        })?;
        let noun = if tenants == 1 { "tenant" } else { "tenants" };
        report.text(format!(
            "At {tenants} {noun}: {} × Node's requests/s in the same round (median); the goal is {goal} ×.",
            figures::ratio(ratio)
        ));
    }
    Ok(())
}
