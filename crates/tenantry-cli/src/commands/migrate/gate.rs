//! What is asked between two stages.

use std::{error::Error, fs, path::Path};

use tenantry::TenantManager;
use tenantry_migrate::StageDone;
use tokio::process::Command;

use crate::{
    arguments::Rollout,
    failure::{Failure, Result},
};

type Checked<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A query and a command, as far as they were asked for.
#[derive(Clone)]
pub(super) struct Checks {
    manager: TenantManager,
    sql: Option<String>,
    command: Option<String>,
}

impl Checks {
    pub(super) fn new(rollout: &Rollout, manager: TenantManager) -> Result<Self> {
        let sql = match &rollout.check_sql {
            Some(file) if Path::new(file).is_file() => {
                let read = fs::read_to_string(file);
                Some(read.map_err(|error| Failure::io(&format!("cannot read {file}"), &error))?)
            }
            query => query.clone(),
        };
        Ok(Self { manager, sql, command: rollout.check_command.clone() })
    }

    /// What is asked, as it was typed.
    pub(super) fn words(&self) -> Vec<String> {
        let sql = self.sql.iter().map(|sql| format!("--check-sql {}", quoted(sql.trim())));
        let command =
            self.command.iter().map(|command| format!("--check-command {}", quoted(command)));
        sql.chain(command).collect()
    }

    /// An error, and the next stage does not begin.
    pub(super) async fn pass(self, done: StageDone) -> Checked {
        if let Some(sql) = &self.sql {
            self.ask(sql).await?;
        }
        if let Some(command) = &self.command {
            run(command, &done).await?;
        }
        Ok(())
    }

    async fn ask(&self, sql: &str) -> Checked {
        let rows = self.manager.shared().query(sql.trim().trim_end_matches(';'), &[]).await;
        let rows = rows.map_err(|error| format!("the query --check-sql failed: {error}"))?;
        if rows.is_empty() {
            return Err("the query --check-sql gave no row, and true is needed".into());
        }
        for row in rows {
            match row.try_get::<_, Option<bool>>(0) {
                Ok(Some(true)) => {}
                Ok(Some(false)) => return Err("the query --check-sql gave false".into()),
                Ok(None) => return Err("the query --check-sql gave NULL".into()),
                Err(error) => {
                    let message =
                        format!("the query --check-sql is to give true or false: {error}");
                    return Err(message.into());
                }
            }
        }
        Ok(())
    }
}

/// As the shell reads it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Runs a command by the shell, with what it may want to know in its environment.
async fn run(command: &str, done: &StageDone) -> Checked {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).kill_on_drop(true).stdin(std::process::Stdio::null());
    // Stdout is for the result.
    shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::inherit());
    let figures = [
        ("TENANTRY_STAGE", done.stage),
        ("TENANTRY_STAGES", done.of),
        ("TENANTRY_DONE", done.done),
        ("TENANTRY_FAILED", done.failed),
        ("TENANTRY_LEFT", done.left),
    ];
    for (name, figure) in figures {
        shell.env(name, figure.to_string());
    }
    if let Some(run) = done.run {
        shell.env("TENANTRY_RUN", run.to_string());
    }
    let output = shell.output().await;
    let output = output.map_err(|error| format!("--check-command cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.trim();
    let separator = if said.is_empty() { "" } else { ": " };
    Err(format!("--check-command ended with {}{separator}{said}", output.status).into())
}
