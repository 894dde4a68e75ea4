mod gate;
mod report;
mod safety;

use tenantry_migrate::{Atomic, MigrateOptions, Migrator, OnError, Progress, Stages, Stop};

use self::{
    gate::Checks,
    report::{exit, tell_failures, text},
};
use super::{confirm::confirm, correct};
use crate::{
    arguments::{self, Global, Migrate, Rollout},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
    progress::MigrationBar,
};

/// `tenantry migrate`
pub(super) async fn run(arguments: Migrate, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let ids = environment::tenant_ids(&config, &arguments.tenant)?;
    if arguments.mark_applied && arguments.shared && (arguments.all || !ids.is_empty()) {
        return Err(Failure::usage(
            "--mark-applied takes the shared schema or tenants, not both at once: their \
             migrations are not the same",
        ));
    }
    let mut steps = arguments.rollout.then.windows(2);
    if let Some([before, then]) = steps.find(|pair| pair[1] <= pair[0]) {
        return Err(Failure::usage(format!(
            "--then {before}%,{then}%: each stage is a larger part of all tenants than the one before"
        )));
    }
    let access = if arguments.dry_run { Access::Reading } else { Access::Writing };
    let mut interrupts = Interrupts::listen()?;
    let manager = connect(config, access).await?;
    let migrator = Migrator::new(manager.clone());
    let of_these = (!arguments.all).then_some(ids.as_slice());
    if arguments.mark_applied {
        let question = "Say that migrations are applied, without running them?";
        if !arguments.dry_run {
            confirm(arguments.yes, console, question, "tenantry migrate --mark-applied …")?;
        }
        let (to, dry_run) = (arguments.to.as_deref(), arguments.dry_run);
        let marked = match arguments.shared {
            true => migrator.mark_shared_applied(to, dry_run).await?,
            false => migrator.mark_applied(of_these, to, dry_run).await?,
        };
        return correct::answer(&marked, console);
    }

    let (bar, stop) = (MigrationBar::new(console), Stop::new());
    let checks = Checks::new(&arguments.rollout, manager.clone())?;
    let (options, resume) = (options(&arguments, &bar, &stop, checks), arguments.rollout.resume);
    let migrating = async {
        match (resume, of_these) {
            (Some(run), _) => migrator.resume(run, &options).await,
            (None, None) => migrator.migrate_all(&options).await,
            (None, Some([])) => migrator.migrate_shared(&options).await,
            (None, Some(ids)) => migrator.migrate(ids, &options).await,
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
    console.answer(&report, || text(&report, migrator.manager().config()))?;
    if !console.is_json() {
        if report.dry_run {
            safety::warn(&report, migrator.manager().config(), console);
        }
        tell_failures(&report, console);
    }
    Ok(exit(&report, stop.is_stopped()))
}

fn options(arguments: &Migrate, bar: &MigrationBar, stop: &Stop, checks: Checks) -> MigrateOptions {
    let shown = bar.clone();
    let Rollout { canary, then, pause, on_error, max_failures, no_checks, .. } = &arguments.rollout;
    let mut stages = Stages::canary(canary.unwrap_or(0)).then(then.iter().copied());
    if let Some(pause) = pause {
        stages = stages.pause(*pause);
    }
    let mut options = MigrateOptions::new()
        .concurrency(arguments.concurrency.into())
        .dry_run(arguments.dry_run)
        .shared(arguments.shared)
        .allow_out_of_order(arguments.allow_out_of_order)
        .atomic(match arguments.atomic {
            arguments::Atomic::Migration => Atomic::Migration,
            arguments::Atomic::Tenant => Atomic::Tenant,
        })
        .stages(stages)
        .strict(arguments.strict)
        .checks(checks.words())
        .without_checks(*no_checks)
        .stop(stop.clone())
        .on_progress(move |progress| {
            log(progress);
            shown.show(progress);
        });
    if let Some(on_error) = on_error {
        options = options.on_error(match on_error {
            arguments::OnError::Continue => OnError::Continue,
            arguments::OnError::Abort => OnError::Abort,
        });
    }
    if !checks.words().is_empty() {
        options = options.between_stages(move |done| checks.clone().pass(done));
    }
    if let Some(most) = max_failures {
        options = options.max_failures(*most);
    }
    options
}

fn log(progress: Progress<'_>) {
    match progress {
        Progress::Planned { total, to_do } => {
            tracing::info!(total, to_do, "all ledgers are read");
        }
        Progress::Stage { number, of, tenants } => {
            tracing::info!(number, of, tenants, "a stage begins");
        }
        Progress::Waiting { tenant, attempts, failure } => {
            tracing::info!(%tenant, attempts, %failure, "it is locked, and tried again later");
        }
        Progress::Applied { tenant, file } => tracing::info!(%tenant, file, "applied"),
        _ => {}
    }
}
