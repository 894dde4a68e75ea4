//! The same five files applied to many tenants: by tenantry, by drizzle-multitenant, and by psql.

mod many;
mod migrator;
mod report;
mod script;

use std::time::Duration;

use serde::Serialize;

use crate::arguments::{self, Commits, MigratorName};
use crate::cluster::{self, Cluster};
use crate::failure::{Failure, Result};
use crate::machine::Machine;
use crate::{seed, workspace};
use script::Files;

const DATABASE: &str = "tenantry_bench_migrations";
/// A database with the tenants' empty schemas, copied for each migrator in each round.
const TEMPLATE: &str = "tenantry_bench_migrations_template";
/// What the files leave in each tenant's schema.
const TABLES: i64 = 5;
const INDEXES: i64 = 12;

#[derive(Clone, Debug, Serialize)]
struct Settings {
    rounds: usize,
    tenants: usize,
    files: usize,
    statements: usize,
}

/// One migrator's times in one round.
#[derive(Clone, Debug, Serialize)]
struct Measurement {
    migrator: MigratorName,
    /// Nothing when the server was given: it commits as it is set to.
    commits: Option<Commits>,
    round: usize,
    seconds: f64,
    /// The same command once more, with nothing to do; psql has no such thing.
    seconds_again: Option<f64>,
}

pub(crate) use many::run as many;

/// `tenantry-bench migrations`.
pub(crate) async fn run(arguments: arguments::Migrations) -> Result<()> {
    let migrators = migrators(&arguments.only)?;
    let files = Files::read()?;
    let settings = Settings {
        rounds: if arguments.quick { 1 } else { arguments.rounds },
        tenants: arguments.tenants,
        files: files.count(),
        statements: files.statements(),
    };
    let commits = match (&arguments.server.database_url, arguments.commits.as_slice()) {
        (Some(_), _) => vec![None],
        (None, []) => vec![Some(Commits::Durable), Some(Commits::Fast)],
        (None, asked) => asked.iter().copied().map(Some).collect(),
    };
    let mut measurements: Vec<Measurement> = Vec::new();
    let mut machine = None;
    for commits in commits {
        let mode = commits.unwrap_or(Commits::Durable);
        let cluster = Cluster::start(&arguments.server, mode).await?;
        machine = Some(Machine::describe(&cluster).await?);
        prepare(&cluster, &migrators, settings.tenants).await?;
        for round in 1..=settings.rounds {
            let mut turn = migrators.clone();
            turn.rotate_left((round - 1) % migrators.len().max(1));
            for migrator in turn {
                let database = format!("{DATABASE}_{}", measurements.len());
                let times =
                    measure(&cluster, &database, migrator, &files, settings.tenants).await?;
                let measurement = Measurement::new(migrator, commits, round, times);
                show(&measurement, settings.rounds);
                measurements.push(measurement);
            }
        }
        for number in 0..measurements.len() {
            cluster.drop(&format!("{DATABASE}_{number}")).await?;
        }
        cluster.drop(TEMPLATE).await?;
        cluster.stop().await?;
    }
    let machine = machine.ok_or_else(|| Failure::new("nothing to measure"))?;
    report::publish(machine, settings, measurements)
}

impl Measurement {
    fn new(
        migrator: MigratorName,
        commits: Option<Commits>,
        round: usize,
        (first, again): (Duration, Option<Duration>),
    ) -> Self {
        Self {
            migrator,
            commits,
            round,
            seconds: first.as_secs_f64(),
            seconds_again: again.map(|time| time.as_secs_f64()),
        }
    }
}

/// The migrators asked for, all of which can be run.
fn migrators(only: &[MigratorName]) -> Result<Vec<MigratorName>> {
    let wanted = if only.is_empty() { MigratorName::ALL.to_vec() } else { only.to_vec() };
    for migrator in &wanted {
        if let Some((path, how)) = migrator.needs() {
            workspace::require(migrator.title(), &path, how)?;
        }
    }
    Ok(wanted)
}

async fn prepare(cluster: &Cluster, migrators: &[MigratorName], tenants: usize) -> Result<()> {
    eprintln!("making {tenants} empty schemas");
    cluster.recreate(TEMPLATE, None).await?;
    let url = cluster.url(TEMPLATE);
    seed::empty_schemas(&url, tenants).await?;
    if migrators.contains(&MigratorName::Tenantry) {
        seed::enrol(&url, tenants).await?;
    }
    Ok(())
}

/// Applies the files in a fresh database, then runs the same again with nothing to do.
///
/// The databases stay until all is measured: a disk that is told of every freed block (`discard`) is
/// busy with a dropped one for long, and whoever writes meanwhile waits for it.
async fn measure(
    cluster: &Cluster,
    database: &str,
    migrator: MigratorName,
    files: &Files,
    tenants: usize,
) -> Result<(Duration, Option<Duration>)> {
    cluster.recreate(database, Some(TEMPLATE)).await?;
    cluster.checkpoint().await?;
    let url = cluster.url(database);
    let first = migrator.apply(&url, files, tenants).await?;
    check(&url, migrator, tenants).await?;
    let again = migrator.apply_again(&url, files, tenants).await?;
    check(&url, migrator, tenants).await?;
    Ok((first, again))
}

/// Whoever left a tenant out, or made less of it, was not fast but wrong.
async fn check(url: &str, migrator: MigratorName, tenants: usize) -> Result<()> {
    let row = cluster::connect(url)
        .await?
        .query_one(
            "SELECT count(DISTINCT c.oid), count(i.indexrelid) \
             FROM pg_namespace n \
             JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r' \
             LEFT JOIN pg_index i ON i.indrelid = c.oid \
             WHERE n.nspname LIKE 'tenant\\_t%' \
             AND c.relname IN ('users', 'projects', 'tasks', 'labels', 'task_labels')",
            &[],
        )
        .await?;
    let found: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let tenants = i64::try_from(tenants)?;
    if found == (TABLES * tenants, INDEXES * tenants) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} left {} tables and {} indexes in {tenants} tenants",
        migrator.title(),
        found.0,
        found.1
    )))
}

fn show(measurement: &Measurement, rounds: usize) {
    let again =
        measurement.seconds_again.map_or_else(String::new, |again| format!(", again {again:.2} s"));
    eprintln!(
        "round {}/{rounds}  {:<8} {:<34} {:.2} s{again}",
        measurement.round,
        report::commits(measurement.commits),
        measurement.migrator.title(),
        measurement.seconds,
    );
}
