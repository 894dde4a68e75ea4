use std::fmt::Write as _;

use tenantry_migrate::{
    Failure as Failed, MigrateOptions, MigrateReport, MigrateStatus, Migrator, Progress, Stop,
};

use crate::{
    arguments::{Global, Migrate},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
    progress::MigrationBar,
    table::{count, duration},
};

/// `tenantry migrate`
pub(super) async fn run(arguments: Migrate, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let ids = environment::tenant_ids(&config, &arguments.tenant)?;
    let access = if arguments.dry_run { Access::Reading } else { Access::Writing };
    let mut interrupts = Interrupts::listen()?;
    let manager = connect(config, access).await?;
    let migrator = Migrator::new(manager.clone());

    let (bar, stop) = (MigrationBar::new(console), Stop::new());
    let shown = bar.clone();
    let options = MigrateOptions::new()
        .concurrency(arguments.concurrency.into())
        .dry_run(arguments.dry_run)
        .shared(arguments.shared)
        .stop(stop.clone())
        .on_progress(move |progress| {
            log(progress);
            shown.show(progress);
        });
    let migrating = async {
        match (arguments.all, ids.is_empty()) {
            (true, _) => migrator.migrate_all(&options).await,
            (false, false) => migrator.migrate(&ids, &options).await,
            (false, true) => migrator.migrate_shared(&options).await,
        }
    };
    let interrupted = async {
        interrupts.next().await;
        stop.stop();
        console.note("stopping when the files under way are done; once more, to roll them back");
        interrupts.next().await;
    };
    let migrated = tokio::select! {
        migrated = migrating => Some(migrated),
        () = interrupted => None,
    };
    bar.clear();
    let Some(migrated) = migrated else {
        // What still runs is cancelled, and rolled back by PostgreSQL.
        abandon(&manager).await;
        return Err(Failure::interrupted(
            "stopped; the files that were under way have been rolled back, those before them stay \
             applied (tenantry status shows which)",
        ));
    };
    let report = migrated?;
    console.answer(&report, || text(&report))?;
    if !console.is_json() {
        tell_failures(&report, console);
    }
    Ok(exit(&report, stop.is_stopped()))
}

fn exit(report: &MigrateReport, was_stopped: bool) -> Exit {
    let failures: Vec<&Failed> = report.failures().collect();
    match failures.as_slice() {
        [] if report.is_success() => Exit::Done,
        [] if was_stopped => Exit::Interrupted,
        [_, ..] if failures.iter().all(|failure| failure.is_unavailable()) => Exit::Unreachable,
        _ => Exit::Failed,
    }
}

fn log(progress: Progress<'_>) {
    match progress {
        Progress::Planned { total, to_do } => {
            tracing::info!(total, to_do, "all ledgers are read");
        }
        Progress::Applied { tenant, file } => tracing::info!(%tenant, file, "applied"),
        _ => {}
    }
}

fn text(report: &MigrateReport) -> String {
    if report.dry_run {
        return dry_run(report);
    }
    let mut parts = Vec::new();
    let mut part = |number: usize, what: &str| {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    };
    part(report.succeeded, "migrated");
    part(report.skipped, "with nothing to do");
    part(report.failed, "failed");
    part(report.unfinished, "not finished");
    let mut text = String::new();
    if let Some(shared) = &report.shared {
        let _ = match shared.status {
            MigrateStatus::Succeeded => {
                writeln!(text, "Shared schema {}: {}", shared.schema, shared.applied.join(", "))
            }
            MigrateStatus::Skipped => {
                writeln!(text, "Shared schema {}: nothing to do", shared.schema)
            }
            _ => writeln!(text, "Shared schema {}: not migrated", shared.schema),
        };
    }
    if report.total > 0 {
        let _ = write!(text, "{}: {}", count(report.total, "tenant"), parts.join(", "));
        let _ = writeln!(text, " ({})", duration(report.duration_ms));
    } else if report.shared.is_none() {
        text.push_str("There are no tenants.\n");
    }
    text
}

fn dry_run(report: &MigrateReport) -> String {
    let mut text = String::from("A dry run: nothing was written.\n");
    let mut schemas = Vec::new();
    if let Some(shared) = &report.shared {
        schemas.push((format!("shared schema {}", shared.schema), &shared.pending));
    }
    schemas.extend(report.tenants.iter().map(|tenant| (tenant.id.to_string(), &tenant.pending)));
    let mut any = false;
    for (name, pending) in schemas.iter().filter(|(_, pending)| !pending.is_empty()) {
        let _ = writeln!(text, "- {name}: {}", pending.join(", "));
        any = true;
    }
    if !any {
        text.push_str("Nothing would be applied.\n");
    }
    text
}

fn tell_failures(report: &MigrateReport, console: &Console) {
    let shared = report.shared.as_ref();
    let shared_error = shared.and_then(|shared| Some((&shared.schema, shared.error.as_ref()?)));
    if let Some((schema, error)) = shared_error {
        console.error(format_args!("shared schema {schema}: {error}"));
    }
    for tenant in &report.tenants {
        if let Some(error) = &tenant.error {
            console.error(format_args!("{}: {error}", tenant.id));
        }
    }
    if shared_error.is_some() && report.unfinished > 0 {
        console.hint("the tenants wait until the shared schema is migrated");
    } else {
        tell_left(report, console);
    }
}

/// What a stopped run has left to do.
fn tell_left(report: &MigrateReport, console: &Console) {
    const LISTED: usize = 20;
    let left = report.tenants.iter().filter(|tenant| tenant.status == MigrateStatus::Unfinished);
    for tenant in left.take(LISTED) {
        console.remark(format_args!("left: {}: {}", tenant.id, tenant.pending.join(", ")));
    }
    if let Some(more) = report.unfinished.checked_sub(LISTED).filter(|more| *more > 0) {
        console.remark(format_args!("left: {} more (tenantry status)", count(more, "tenant")));
    }
}
