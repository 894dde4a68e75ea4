//! Reloading a tenant while it is asked.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::{DATABASE, Found, folder::Folder, load, peer, prepare, request, usual};
use crate::arguments::ServerBench;
use crate::failure::{Failure, Result};
use crate::load::Asks;
use crate::machine::Machine;
use crate::results::{self, Report};
use crate::{figures, tenants};

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    reloads: usize,
    reload_p50_ms: f64,
    alone: Found,
    reloading: Found,
}

pub(super) async fn run(arguments: &ServerBench) -> Result<()> {
    let cluster = prepare(arguments, 1).await?;
    let machine = Machine::describe(&cluster).await?;
    let folder = Folder::new(1)?;
    let server = peer::tenantry(&cluster.url(DATABASE), &folder, &[]).await?;
    let asked = usual(&server, arguments, 1, Asks::Project);
    let alone = load(&server, asked.clone()).await;
    let ends = Instant::now() + asked.warmup + asked.measured;
    let (reloading, reloads) =
        tokio::join!(load(&server, asked), reload_until(server.address(), ends));
    let mut times = reloads?;
    times.sort_by(f64::total_cmp);
    server.stop().await?;
    cluster.stop().await?;
    let figures = Figures {
        machine,
        reloads: times.len(),
        reload_p50_ms: times.get(times.len() / 2).copied().unwrap_or(0.0),
        alone,
        reloading,
    };
    let mut report = Report::new("Reloading a tenant under load");
    report.text(format!(
        "{} clients ask for a row; meanwhile the tenant is reloaded by its admin's endpoint, ten times a second at most.",
        arguments.clients
    ));
    report.text(figures.machine.sentence());
    let micros = |value: f64| figures::milliseconds(Duration::from_secs_f64(value / 1e6));
    report.text(format!(
        "{} reloads of {:.1} ms each (median): {} requests/s, p99 {}, {} errors (goal: none); without reloading {} requests/s, p99 {}.",
        figures.reloads,
        figures.reload_p50_ms,
        figures::thousands(reloading.requests_per_second),
        micros(reloading.p99_micros),
        reloading.errors.total(),
        figures::thousands(alone.requests_per_second),
        micros(alone.p99_micros),
    ));
    results::publish("server-reload", &report, &figures)
}

/// How long each reload took, in milliseconds.
async fn reload_until(address: std::net::SocketAddr, ends: Instant) -> Result<Vec<f64>> {
    let tenant = tenants::id(1);
    let path = format!("/admin/tenants/{tenant}/reload");
    let mut times = Vec::new();
    while Instant::now() < ends {
        let (status, body, time) = request::send(address, "POST", &path, &tenant).await?;
        if status != 200 {
            return Err(Failure::new(format!("the reload failed: {status} {body}")));
        }
        times.push(time.as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(times)
}
