//! The tables of a run.

use std::time::Duration;

use serde::Serialize;

use super::Settings;
use super::goals::{Goal, goals};
use super::measure::Measurement;
use super::summary::{Summaries, Summary};
use crate::arguments::ContestantName;
use crate::failure::Result;
use crate::figures;
use crate::machine::Machine;
use crate::results::{self, Grid, Report};

/// Everything, for `http.json`.
#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    settings: Settings,
    summaries: Summaries,
    goals: Vec<Goal>,
    measurements: Vec<Measurement>,
}

pub(super) fn publish(
    machine: Machine,
    settings: Settings,
    measurements: Vec<Measurement>,
) -> Result<()> {
    let summaries = Summaries::of(&measurements);
    let goals = goals(&summaries);
    let report = write(&machine, &settings, &summaries, &goals);
    let figures = Figures { machine, settings, summaries, goals, measurements };
    results::publish("http", &report, &figures)
}

fn write(machine: &Machine, settings: &Settings, summaries: &Summaries, goals: &[Goal]) -> Report {
    let mut report = Report::new("GET /projects/{id}, side by side");
    report.text(format!(
        "{} clients on loopback, one PostgreSQL holding {} tenants; {}, {} s each \
         after {} s of warm-up, the servers taking turns. Errors are summed over the rounds, \
         connections the most seen.",
        settings.clients,
        settings.tenants_in_database,
        figures::of_rounds(settings.rounds),
        settings.seconds,
        settings.warmup_seconds,
    ));
    report.text(machine.sentence());
    report.heading("Measured");
    report.table(measured(summaries));
    let compared = compared(summaries);
    if !compared.is_empty() {
        report.heading("projects-api against the others");
        report.text(
            "Requests/s as a part of bare axum's with its one schema, and as a multiple of \
             Node's in the same scenario; memory as a part of Node's.",
        );
        report.table(compared);
    }
    if !goals.is_empty() {
        report.heading("Goals");
        let mut table = Grid::new(&["goal", "bound", "measured", "met"], 1);
        goals.iter().for_each(|goal| table.row(goal.cells()));
        report.table(table);
    }
    report
}

fn measured(summaries: &Summaries) -> Grid {
    let mut table = Grid::new(
        &[
            "tenants",
            "server",
            "requests/s",
            "p50",
            "p99",
            "errors",
            "connections",
            "RSS",
            "CPU a request",
        ],
        2,
    );
    let time = |micros: f64| figures::milliseconds(Duration::from_secs_f64(micros / 1e6));
    for summary in summaries.iter() {
        table.row(vec![
            summary.scenario.title(),
            summary.contestant.title().to_owned(),
            figures::thousands(summary.requests_per_second),
            time(summary.p50_micros),
            time(summary.p99_micros),
            figures::thousands(summary.errors.total() as f64),
            summary.connections.to_string(),
            or_dash(summary.resident_bytes, figures::megabytes),
            or_dash(summary.cpu_micros_per_request, |micros| {
                format!("{} µs", figures::thousands(micros))
            }),
        ]);
    }
    table
}

fn compared(summaries: &Summaries) -> Grid {
    let mut table = Grid::new(
        &[
            "tenants",
            "of bare, diesel-async",
            "of bare, tokio-postgres",
            "× Node, 50 × 10",
            "× Node, 100 × 20",
            "RSS of Node, 50 × 10",
            "RSS of Node, 100 × 20",
        ],
        1,
    );
    let ours = summaries.iter().filter(|row| row.contestant == ContestantName::ProjectsApi);
    for ours in ours {
        let node = |name| summaries.get(name, ours.scenario);
        let rate = |other: Option<&Summary>| {
            let other = other.map(|other| ours.requests_per_second / other.requests_per_second);
            or_dash(other, figures::ratio)
        };
        let memory = |other: Option<&Summary>| {
            let other = other.and_then(|other| other.resident_bytes);
            let part = ours.resident_bytes.zip(other).map(|(ours, theirs)| ours / theirs);
            or_dash(part, figures::ratio)
        };
        table.row(vec![
            ours.scenario.title(),
            rate(summaries.bare(ContestantName::BareDiesel)),
            rate(summaries.bare(ContestantName::BareTokioPostgres)),
            rate(node(ContestantName::NodeDefaults)),
            rate(node(ContestantName::NodeExample)),
            memory(node(ContestantName::NodeDefaults)),
            memory(node(ContestantName::NodeExample)),
        ]);
    }
    table
}

fn or_dash(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), write)
}
