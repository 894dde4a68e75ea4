//! From a saved file to the first answer of the new code.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{DATABASE, folder::Folder, peer, prepare, request};
use crate::arguments::ServerBench;
use crate::failure::{Failure, Result};
use crate::machine::Machine;
use crate::results::{self, Report};
use crate::tenants;

/// How often a file is saved.
const SAVES: usize = 100;
/// When something must be wrong.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    saves: usize,
    p50_ms: f64,
    p99_ms: f64,
    slowest_ms: f64,
}

pub(super) async fn run(arguments: &ServerBench) -> Result<()> {
    let cluster = prepare(arguments, 1).await?;
    let machine = Machine::describe(&cluster).await?;
    let folder = Folder::new(1)?;
    let server = peer::watching(&cluster.url(DATABASE), &folder).await?;
    let mut times = Vec::new();
    for number in 0..SAVES {
        folder.write_routes(
            1,
            &format!("export default async (app) => {{ app.get('/watched', () => '{number}') }}"),
        )?;
        let saved = Instant::now();
        loop {
            let (_, body, _) =
                request::send(server.address(), "GET", "/watched", &tenants::id(1)).await?;
            if body == number.to_string() {
                break;
            }
            if saved.elapsed() > PATIENCE {
                return Err(Failure::new(format!("the new code never answered: {body}")));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        times.push(saved.elapsed().as_secs_f64() * 1e3);
    }
    server.stop().await?;
    cluster.stop().await?;
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    let figures =
        Figures { machine, saves: SAVES, p50_ms: at(50), p99_ms: at(99), slowest_ms: at(100) };
    let mut report = Report::new("Reloading what is saved");
    report.text("A file of a tenant's routes is saved, and the tenant asked every millisecond until the new code answers.".to_owned());
    report.text(figures.machine.sentence());
    report.text(format!(
        "{} saves: {:.1} ms (median), p99 {:.1} ms, slowest {:.1} ms (goal: under 100 ms).",
        figures.saves, figures.p50_ms, figures.p99_ms, figures.slowest_ms
    ));
    results::publish("server-watch", &report, &figures)
}
