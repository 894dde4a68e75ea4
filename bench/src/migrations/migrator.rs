//! The three ways to apply the files.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::try_join;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::script::{self, Files};
use crate::arguments::MigratorName;
use crate::failure::{Doing as _, Failure, Result};
use crate::{cluster, workspace};

/// How long a migrator may take: a hundred times what it does.
const LIMIT: Duration = Duration::from_secs(180);

impl MigratorName {
    pub(crate) const ALL: [Self; 3] = [Self::Tenantry, Self::DrizzleMultitenant, Self::Psql];

    /// What the tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Tenantry => "tenantry migrate --all",
            Self::DrizzleMultitenant => "drizzle-multitenant migrate --all",
            Self::Psql => "psql, two connections",
        }
    }

    /// What has to be there to run it, with the command that makes it.
    pub(super) fn needs(self) -> Option<(PathBuf, &'static str)> {
        match self {
            Self::Tenantry => Some((
                workspace::production_binary("tenantry"),
                "cargo build --profile production -p tenantry-cli",
            )),
            Self::DrizzleMultitenant => {
                Some((workspace::bench().join("node/node_modules"), "npm ci --prefix bench/node"))
            }
            Self::Psql => None,
        }
    }

    /// Applies all files to all tenants; the time from starting the program to its end.
    pub(super) async fn apply(self, url: &str, files: &Files, tenants: usize) -> Result<Duration> {
        match self {
            Self::Tenantry => timed(tenantry(url)).await,
            Self::DrizzleMultitenant => timed(drizzle_multitenant(url)).await,
            Self::Psql => {
                let middle = tenants.div_ceil(2);
                let halves = [files.script(1..=middle), files.script(middle + 1..=tenants)];
                let program = cluster::psql();
                let started = Instant::now();
                let [first, second] = halves.map(|half| psql(&program, url, half));
                let both = timeout(LIMIT, try_join(first, second)).await;
                both.doing("psql did not end")??;
                Ok(started.elapsed())
            }
        }
    }

    /// Runs the same once more, when there is nothing left to do.
    pub(super) async fn apply_again(
        self,
        url: &str,
        files: &Files,
        tenants: usize,
    ) -> Result<Option<Duration>> {
        match self {
            Self::Psql => Ok(None),
            _ => Ok(Some(self.apply(url, files, tenants).await?)),
        }
    }
}

fn tenantry(url: &str) -> Command {
    tenantry_with(url, &["--json", "migrate", "--all"])
}

/// The command in the folder of the benchmark.
pub(super) fn tenantry_with(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::production_binary("tenantry"));
    command.args(arguments).current_dir(workspace::bench());
    command.env("DATABASE_URL", url);
    command
}

fn drizzle_multitenant(url: &str) -> Command {
    let mut command = Command::new("node");
    command.arg("node_modules/drizzle-multitenant/bin/drizzle-multitenant.js");
    command.args(["--json", "migrate", "--all"]).current_dir(workspace::bench().join("node"));
    command.env("DATABASE_URL", url).env("MIGRATIONS", script::folder());
    command
}

/// Runs a command to its end, which must be a good one.
async fn timed(mut command: Command) -> Result<Duration> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let started = Instant::now();
    let output = timeout(LIMIT, command.output())
        .await
        .doing(format_args!("{command:?} did not end"))?
        .doing(format_args!("cannot run {command:?}"))?;
    let took = started.elapsed();
    if output.status.success() {
        return Ok(took);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let answered = String::from_utf8_lossy(&output.stdout);
    Err(Failure::new(format!("{command:?} failed: {} {}", said.trim(), answered.trim())))
}

async fn psql(program: &Path, url: &str, script: String) -> Result<()> {
    let mut process = Command::new(program)
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", url])
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing("cannot run psql")?;
    let mut input = process.stdin.take().ok_or_else(|| Failure::new("psql has no input"))?;
    let written = input.write_all(script.as_bytes()).await;
    drop(input);
    let status = process.wait().await?;
    written.doing("psql stopped reading")?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("psql failed: {status}"))) }
}
