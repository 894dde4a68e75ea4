use std::fmt::Write as _;

use tenantry_migrate::{Migrator, Run, RunDetails, RunState};

use crate::{
    arguments::{Global, Runs, RunsVerb},
    connect::{Access, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    table::{align_right, count, duration, table},
};

/// `tenantry runs`
pub(super) async fn run(arguments: Runs, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let migrator = Migrator::new(connect(config, Access::Reading).await?);
    match arguments.verb {
        None => {
            let runs = migrator.runs(arguments.limit).await?;
            console.answer(&runs, || list(&runs))?;
        }
        Some(RunsVerb::Show(show)) => {
            let details = migrator.show_run(show.id).await?;
            console.answer(&details, || shown(&details))?;
        }
    }
    Ok(Exit::Done)
}

fn list(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "There are no runs yet.\n".to_owned();
    }
    let header = ["Run", "State", "Began", "By", "Took", "Migrated", "Failed", "Left"];
    let mut rows = table(header);
    for run in runs {
        rows.add_row([
            run.id.to_string(),
            state(run.state).to_owned(),
            moment(&run.started_at),
            format!("{}@{}", run.started_by, run.host),
            duration(run.duration_ms.try_into().unwrap_or(0)),
            run.succeeded.to_string(),
            run.failed.to_string(),
            run.left.to_string(),
        ]);
    }
    for column in [0, 4, 5, 6, 7] {
        align_right(&mut rows, column);
    }
    format!("{rows}\n")
}

fn shown(details: &RunDetails) -> String {
    const LISTED: usize = 50;
    let RunDetails { run, results, .. } = details;
    let mut text = String::new();
    let by =
        format!("{}@{}, process {}, tenantry {}", run.started_by, run.host, run.pid, run.version);
    let lines = [
        ("Run", run.id.to_string()),
        ("State", state(run.state).to_owned()),
        ("Began", moment(&run.started_at)),
        ("Ended", run.ended_at.as_deref().map_or_else(|| "–".to_owned(), moment)),
        ("By", by),
        ("Migrations", run.files.join(", ")),
        (
            "Tenants",
            format!(
                "{}: {} migrated, {} failed, {} left",
                run.tenants, run.succeeded, run.failed, run.left
            ),
        ),
    ];
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<12}{value}");
    }
    let noteworthy: Vec<_> = results.iter().filter(|one| one.status != "succeeded").collect();
    for one in noteworthy.iter().take(LISTED) {
        let message = one.error.as_ref().and_then(|error| error["message"].as_str());
        let file = one.error.as_ref().and_then(|error| error["file"].as_str());
        let _ = write!(text, "- {}: {}", one.tenant, one.status);
        for part in [file, message].into_iter().flatten() {
            let _ = write!(text, ": {part}");
        }
        text.push('\n');
    }
    if let Some(more) = noteworthy.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "- {} more (--json shows all)", count(more, "tenant"));
    }
    if matches!(run.state, RunState::Interrupted | RunState::Stopped | RunState::Failed) {
        let _ = writeln!(text, "\nGo on with it: tenantry migrate --resume {}", run.id);
    }
    text
}

fn state(state: RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Succeeded => "succeeded",
        RunState::Failed => "failed",
        RunState::Stopped => "stopped",
        RunState::Interrupted => "interrupted",
        _ => "unknown",
    }
}

/// `2026-11-20 16:05 UTC`
fn moment(text: &str) -> String {
    match text.split_once('T') {
        Some((date, time)) => format!("{date} {} UTC", time.get(..5).unwrap_or(time)),
        None => text.to_owned(),
    }
}
