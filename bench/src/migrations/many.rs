//! Ten thousand tenants, by tenantry alone: time, and the memory of the command and of PostgreSQL's
//! backends.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::{process::Command, time::timeout};
use tokio_postgres::Client;

use super::{DATABASE, migrator::tenantry_with, script::Files};
use crate::arguments::{Commits, ManyPart, ManyTenants};
use crate::cluster::{self, Cluster};
use crate::failure::{Doing as _, Failure, Result};
use crate::machine::Machine;
use crate::median::median;
use crate::results::{self, Grid, Report};
use crate::{figures, process, seed, tenants};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(600);

#[derive(Debug, Serialize)]
struct Figures {
    machine: Machine,
    tenants: usize,
    measurements: Vec<Measurement>,
}

/// One command, run once or several times.
#[derive(Debug, Serialize)]
struct Measurement {
    what: &'static str,
    /// Each round's time, in order.
    seconds: Vec<f64>,
    /// The most that the command had, in bytes.
    resident_bytes: u64,
    /// The most that one backend had for itself, in bytes; where the command runs long enough to be
    /// looked at.
    largest_backend: u64,
    /// In seconds, or bytes.
    goal: Option<&'static str>,
}

pub(crate) async fn run(arguments: ManyTenants) -> Result<()> {
    let cluster = Cluster::start(&arguments.server, Commits::Durable).await?;
    let machine = Machine::describe(&cluster).await?;
    eprintln!("making {} empty schemas", arguments.tenants);
    cluster.recreate(DATABASE, None).await?;
    let url = cluster.url(DATABASE);
    seed::empty_schemas(&url, arguments.tenants).await?;
    let (name, measurements) = match arguments.what {
        ManyPart::Migrate => {
            seed::enrol(&url, arguments.tenants).await?;
            ("tenants", migrate(&cluster, &url, &arguments).await?)
        }
        ManyPart::Adopt => ("adopting", vec![adopt(&cluster, &url, &arguments).await?]),
    };
    cluster.drop(DATABASE).await?;
    cluster.stop().await?;
    publish(name, Figures { machine, tenants: arguments.tenants, measurements })
}

async fn migrate(
    cluster: &Cluster,
    url: &str,
    arguments: &ManyTenants,
) -> Result<Vec<Measurement>> {
    cluster.checkpoint().await?;
    let mut first = Measurement::of("migrate --all, all files");
    first.goal = Some("60 MB");
    first.run(url, &["--json", "migrate", "--all"]).await?;
    super::check(url, crate::arguments::MigratorName::Tenantry, arguments.tenants).await?;
    cluster.checkpoint().await?;
    let mut again = Measurement::of("migrate --all, nothing to do");
    let mut status = Measurement::of("status");
    for one in [&mut again, &mut status] {
        one.goal = Some("1 s");
    }
    for _ in 0..arguments.rounds {
        again.run(url, &["--json", "migrate", "--all"]).await?;
        status.run(url, &["--json", "status"]).await?;
    }
    Ok(vec![first, again, status])
}

async fn adopt(cluster: &Cluster, url: &str, arguments: &ManyTenants) -> Result<Measurement> {
    eprintln!("making their ledgers");
    their_ledgers(&cluster::connect(url).await?, arguments.tenants).await?;
    cluster.checkpoint().await?;
    let mut adopted = Measurement::of("adopt --template tenant_{id} --yes");
    adopted.run(url, &["--json", "adopt", "--template", "tenant_{id}", "--yes"]).await?;
    let sql = "SELECT count(*) FROM pg_class WHERE relname = 'tenantry_migrations'";
    let ledgers: i64 = cluster::connect(url).await?.query_one(sql, &[]).await?.try_get(0)?;
    if ledgers == i64::try_from(arguments.tenants)? {
        return Ok(adopted);
    }
    Err(Failure::new(format!("{ledgers} of {} tenants were adopted", arguments.tenants)))
}

/// As drizzle-multitenant leaves them in its format `name`: all files were applied.
async fn their_ledgers(client: &Client, count: usize) -> Result<()> {
    let names = Files::names()?;
    let names = names.iter().map(|name| format!("('{name}')")).collect::<Vec<_>>().join(", ");
    client.batch_execute("SET synchronous_commit = off").await?;
    for number in 1..=count {
        let schema = tenants::schema(&tenants::id(number));
        let table = format!("\"{schema}\".__drizzle_migrations");
        let sql = format!(
            "CREATE TABLE {table} (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE, \
             applied_at timestamptz DEFAULT now()); INSERT INTO {table} (name) VALUES {names}"
        );
        client.batch_execute(&sql).await?;
    }
    Ok(())
}

impl Measurement {
    fn of(what: &'static str) -> Self {
        Self { what, seconds: Vec::new(), resident_bytes: 0, largest_backend: 0, goal: None }
    }

    /// Runs it once more.
    async fn run(&mut self, url: &str, arguments: &[&str]) -> Result<()> {
        let watcher = cluster::connect(url).await?;
        let mut command = tenantry_with(url, arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let took = timeout(LIMIT, self.watch(&watcher, command)).await;
        let took = took.doing("tenantry did not end")??;
        eprintln!("{}: {:.2} s", self.what, took.as_secs_f64());
        self.seconds.push(took.as_secs_f64());
        Ok(())
    }

    async fn watch(&mut self, watcher: &Client, mut command: Command) -> Result<Duration> {
        let started = Instant::now();
        let child = command.kill_on_drop(true).spawn().doing("cannot run tenantry")?;
        let id = child.id();
        let end = child.wait_with_output();
        tokio::pin!(end);
        loop {
            tokio::select! {
                output = &mut end => {
                    let took = started.elapsed();
                    let output = output?;
                    return match output.status.success() {
                        true => Ok(took),
                        false => Err(Failure::new(String::from_utf8_lossy(&output.stderr))),
                    };
                }
                () = tokio::time::sleep(LOOK) => {
                    let usage = id.and_then(process::usage);
                    self.resident_bytes =
                        self.resident_bytes.max(usage.map_or(0, |usage| usage.resident));
                    // Now and then is enough for what only grows, and takes time from nobody.
                    if started.elapsed() > Duration::from_secs(5) {
                        let largest = largest_backend(watcher).await?;
                        self.largest_backend = self.largest_backend.max(largest);
                        tokio::time::sleep(LOOK * 9).await;
                    }
                }
            }
        }
    }
}

async fn largest_backend(watcher: &Client) -> Result<u64> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
               AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let mut largest = 0;
    for row in watcher.query(sql, &[]).await? {
        let id = row.try_get::<_, i32>(0)?.cast_unsigned();
        largest = largest.max(process::private_memory(id).unwrap_or(0));
    }
    Ok(largest)
}

fn publish(name: &str, figures: Figures) -> Result<()> {
    let heads = ["tenantry", "median", "slowest", "rounds", "RSS", "largest backend", "goal"];
    let mut table = Grid::new(&heads, 1);
    for one in &figures.measurements {
        let seconds = |value: Option<f64>| format!("{:.2} s", value.unwrap_or(0.0));
        let slowest = one.seconds.iter().copied().reduce(f64::max);
        let of_backend = match one.largest_backend {
            0 => "–".to_owned(),
            bytes => figures::megabytes(bytes as f64),
        };
        table.row(vec![
            one.what.to_owned(),
            seconds(median(one.seconds.iter().copied())),
            seconds(slowest),
            one.seconds.len().to_string(),
            figures::megabytes(one.resident_bytes as f64),
            of_backend,
            one.goal.unwrap_or("–").to_owned(),
        ]);
    }
    let many = figures::thousands(figures.tenants as f64);
    let mut report = Report::new(format!("{many} tenants"));
    report.text(
        "From starting the program to its end, durable commits; the command's memory is the most it had, and \
         a backend's what it shares with nobody. Each command connects anew, so that PostgreSQL's \
         backends know no table when they begin.",
    );
    report.text(figures.machine.sentence());
    report.table(table);
    results::publish(&format!("migrations-{name}"), &report, &figures)
}
