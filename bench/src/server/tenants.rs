//! A thousand tenants in one process: how long each takes to load, and the memory it takes.

use std::time::Duration;

use serde::Serialize;

use super::{DATABASE, folder::Folder, peer, prepare, request};
use crate::arguments::ServerBench;
use crate::contestant::Server;
use crate::failure::{Failure, Result};
use crate::machine::Machine;
use crate::results::{self, Grid, Report};
use crate::{figures, process, tenants};

const TENANTS: usize = 1000;

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    tenants: usize,
    empty_bytes: u64,
    loaded_bytes: u64,
    with_database_bytes: u64,
    cold: Times,
    warm: Times,
    first_row: Times,
    one_more: f64,
}

/// In milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Times {
    p50: f64,
    p99: f64,
    most: f64,
}

pub(super) async fn run(arguments: &ServerBench) -> Result<()> {
    let cluster = prepare(arguments, TENANTS + 1).await?;
    let machine = Machine::describe(&cluster).await?;
    let folder = Folder::new(TENANTS + 1)?;
    let settings =
        [("TENANTRY_TENANTS__MAX_CONCURRENT", "2000"), ("TENANTRY_TENANTS__AUTO_LOAD", "false")];
    let server = peer::tenantry(&cluster.url(DATABASE), &folder, &settings).await?;
    let empty_bytes = resident(&server)?;
    let cold = ask_all(&server, "/json").await?;
    let loaded_bytes = resident(&server)?;
    let warm = ask_all(&server, "/json").await?;
    let project = format!("/projects/{}", tenants::PROJECT);
    let first_row = ask_all(&server, &project).await?;
    let with_database_bytes = resident(&server)?;
    let one_more = ask(&server, TENANTS + 1, "/json").await?.as_secs_f64() * 1e3;
    server.stop().await?;
    cluster.stop().await?;
    let figures = Figures {
        machine,
        tenants: TENANTS,
        empty_bytes,
        loaded_bytes,
        with_database_bytes,
        cold,
        warm,
        first_row,
        one_more,
    };
    results::publish("server-tenants", &report(&figures), &figures)
}

fn resident(server: &Server) -> Result<u64> {
    let usage = server.process().and_then(process::usage);
    usage.map(|usage| usage.resident).ok_or_else(|| Failure::new("no /proc to read memory from"))
}

/// One request of each tenant, one after the other.
async fn ask_all(server: &Server, path: &str) -> Result<Times> {
    let mut times = Vec::with_capacity(TENANTS);
    for number in 1..=TENANTS {
        times.push(ask(server, number, path).await?.as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(Times { p50: times[TENANTS / 2], p99: times[TENANTS * 99 / 100], most: times[TENANTS - 1] })
}

async fn ask(server: &Server, number: usize, path: &str) -> Result<Duration> {
    let tenant = tenants::id(number);
    let (status, body, time) = request::send(server.address(), "GET", path, &tenant).await?;
    if status == 200 {
        Ok(time)
    } else {
        Err(Failure::new(format!("{tenant}{path}: {status} {body}")))
    }
}

fn report(figures: &Figures) -> Report {
    let mut report = Report::new("A thousand tenants in one process");
    report.text(format!(
        "{} tenants as in `bench/server/tenant` (configuration, a service, two routes), loaded by their first request, one after the other by one client on a new connection each time; limits and pools as they are by default, but for tenants.max_concurrent.",
        figures.tenants
    ));
    report.text(figures.machine.sentence());
    let mut table = Grid::new(&["a request", "p50", "p99", "most"], 1);
    let milliseconds = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e3));
    for (what, times) in [
        ("that loads its tenant", figures.cold),
        ("of a loaded one", figures.warm),
        ("the first for a row", figures.first_row),
    ] {
        table.row(vec![
            what.to_owned(),
            milliseconds(times.p50),
            milliseconds(times.p99),
            milliseconds(times.most),
        ]);
    }
    report.table(table);
    let each =
        (figures.loaded_bytes.saturating_sub(figures.empty_bytes)) as f64 / figures.tenants as f64;
    let with_database = (figures.with_database_bytes.saturating_sub(figures.empty_bytes)) as f64
        / figures.tenants as f64;
    report.text(format!(
        "A tenant's cold load is {} (goal: under 10 ms). Memory: {} before, {} with all loaded, {} when each has read a row: {:.2} MB and {:.2} MB a tenant (goals: under 2 MB, under 1,500 MB together). The 1,001st: {}.",
        milliseconds(figures.cold.p50 - figures.warm.p50),
        figures::megabytes(figures.empty_bytes as f64),
        figures::megabytes(figures.loaded_bytes as f64),
        figures::megabytes(figures.with_database_bytes as f64),
        each / 1e6,
        with_database / 1e6,
        milliseconds(figures.one_more),
    ));
    report
}
