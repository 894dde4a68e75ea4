//! The table of the migrations.

use serde::Serialize;

use super::{Measurement, Settings};
use crate::arguments::{Commits, MigratorName};
use crate::failure::Result;
use crate::figures;
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};

/// Everything, for `migrations.json`.
#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    settings: Settings,
    summaries: Vec<Summary>,
    goals: Vec<Goal>,
    measurements: Vec<Measurement>,
}

/// One migrator's medians.
#[derive(Clone, Copy, Debug, Serialize)]
struct Summary {
    migrator: MigratorName,
    commits: Option<Commits>,
    seconds: f64,
    seconds_again: Option<f64>,
}

/// A bound on a ratio of two times.
#[derive(Debug, Serialize)]
struct Goal {
    text: &'static str,
    commits: Option<Commits>,
    at_most: f64,
    measured: f64,
    met: bool,
}

/// What the tables call the ways to commit.
pub(super) fn commits(commits: Option<Commits>) -> &'static str {
    match commits {
        None => "as set",
        Some(Commits::Durable) => "durable",
        Some(Commits::Fast) => "fast",
    }
}

pub(super) fn publish(
    machine: Machine,
    settings: Settings,
    measurements: Vec<Measurement>,
) -> Result<()> {
    let summaries = summarise(&measurements);
    let goals = goals(&summaries, settings.tenants);
    let report = write(&machine, &settings, &summaries, &goals);
    let name = match settings.tenants {
        ..1000 => "migrations".to_owned(),
        tenants => format!("migrations-{tenants}"),
    };
    let figures = Figures { machine, settings, summaries, goals, measurements };
    results::publish(&name, &report, &figures)
}

fn summarise(measurements: &[Measurement]) -> Vec<Summary> {
    let ways = [Some(Commits::Durable), Some(Commits::Fast), None];
    let pairs = ways.into_iter().flat_map(|way| MigratorName::ALL.map(|name| (name, way)));
    let summary = |(migrator, commits)| {
        let rounds = || {
            measurements.iter().filter(move |measurement| {
                measurement.migrator == migrator && measurement.commits == commits
            })
        };
        Some(Summary {
            migrator,
            commits,
            seconds: median(rounds().map(|round| round.seconds))?,
            seconds_again: median(rounds().filter_map(|round| round.seconds_again)),
        })
    };
    pairs.filter_map(summary).collect()
}

/// Another migrator's summary, by the same way to commit.
fn beside(summaries: &[Summary], one: Summary, other: MigratorName) -> Option<Summary> {
    summaries
        .iter()
        .copied()
        .find(|summary| summary.commits == one.commits && summary.migrator == other)
}

/// Where there are many tenants, the start and the end of a program count for little.
fn goals(summaries: &[Summary], tenants: usize) -> Vec<Goal> {
    let is_many = tenants >= 1000;
    let ours = summaries.iter().copied().filter(|row| row.migrator == MigratorName::Tenantry);
    let of_one = |ours: Summary| {
        let goal = |text, at_most, measured: Option<f64>| {
            let commits = ours.commits;
            measured.map(|measured| Goal {
                text,
                commits,
                at_most,
                measured,
                met: measured <= at_most,
            })
        };
        let psql = beside(summaries, ours, MigratorName::Psql);
        let npm = beside(summaries, ours, MigratorName::DrizzleMultitenant);
        let again = npm.and_then(|npm| Some(ours.seconds_again? / npm.seconds_again?));
        let npms = npm.filter(|_| is_many).map(|npm| ours.seconds / npm.seconds);
        let most = if is_many { 1.15 } else { 1.3 };
        [
            goal(
                "all files: times psql's time",
                most,
                psql.map(|psql| ours.seconds / psql.seconds),
            ),
            goal("all files: part of drizzle-multitenant's time", 0.5, npms),
            goal("nothing to do: part of drizzle-multitenant's time", 0.1, again),
        ]
    };
    ours.flat_map(of_one).flatten().collect()
}

fn write(machine: &Machine, settings: &Settings, summaries: &[Summary], goals: &[Goal]) -> Report {
    let mut report = Report::new("Migrating many tenants, side by side");
    report.text(format!(
        "{} files ({} statements) applied to {} tenants whose schemas are empty, from starting \
         the program to its end; then the same command again, with nothing to do. A fresh \
         database each time, {}, taking turns. Commits are durable (they wait \
         for the disk, PostgreSQL's default) or fast (they wait for nothing, which leaves the \
         work of the programs and of PostgreSQL).",
        settings.files,
        settings.statements,
        settings.tenants,
        figures::of_rounds(settings.rounds)
    ));
    report.text(machine.sentence());
    report.heading("Measured");
    let mut table = Grid::new(&["commits", "command", "all files", "× psql", "nothing to do"], 2);
    for summary in summaries {
        let psql = beside(summaries, *summary, MigratorName::Psql);
        let times = psql.map(|psql| figures::ratio(summary.seconds / psql.seconds));
        let again = summary.seconds_again.map(seconds);
        table.row(vec![
            commits(summary.commits).to_owned(),
            summary.migrator.title().to_owned(),
            seconds(summary.seconds),
            times.unwrap_or_else(|| "–".to_owned()),
            again.unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    report.table(table);
    if !goals.is_empty() {
        report.heading("Goals");
        let mut table = Grid::new(&["commits", "goal", "at most", "measured", "met"], 2);
        for goal in goals {
            table.row(vec![
                commits(goal.commits).to_owned(),
                goal.text.to_owned(),
                figures::ratio(goal.at_most),
                figures::ratio(goal.measured),
                if goal.met { "yes" } else { "no" }.to_owned(),
            ]);
        }
        report.table(table);
    }
    report
}

fn seconds(value: f64) -> String {
    format!("{value:.2} s")
}
