use std::fmt::Write as _;

use tenantry_migrate::{MigrateOptions, MigrateStatus, Migrator, RollbackReport, Stop};

use super::{confirm::confirm, failures};
use crate::{
    arguments::{Global, Rollback},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
    progress::MigrationBar,
    table::{count, duration},
};

/// `tenantry rollback`
pub(super) async fn run(arguments: Rollback, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let ids = environment::tenant_ids(&config, &arguments.tenant)?;
    let ids = (!arguments.all).then_some(ids.as_slice());
    let access = if arguments.dry_run { Access::Reading } else { Access::Writing };
    let mut interrupts = Interrupts::listen()?;
    let manager = connect(config, access).await?;
    let migrator = Migrator::new(manager.clone());
    let to = &arguments.to;
    let rollback = async |options: &MigrateOptions| match arguments.shared {
        true => migrator.rollback_shared(to, options).await,
        false => migrator.rollback(ids, to, options).await,
    };
    if arguments.dry_run || !arguments.yes {
        let dry = MigrateOptions::new().dry_run(true);
        let plan = rollback(&dry).await?;
        let going = plan.tenants.iter().filter(|tenant| !tenant.pending.is_empty()).count();
        let shared = plan.shared.as_ref().filter(|shared| !shared.pending.is_empty());
        if arguments.dry_run || (going == 0 && shared.is_none()) {
            return answer(&plan, console);
        }
        console.note(text(&plan).trim_end());
        let whose = match shared {
            Some(shared) => format!("the shared schema {}", shared.schema),
            None => count(going, "tenant"),
        };
        let question = format!("Undo this for {whose}? Data may be lost.");
        confirm(false, console, &question, &format!("tenantry rollback --to {to} …"))?;
    }
    let (bar, stop) = (MigrationBar::new(console), Stop::new());
    let shown = bar.clone();
    let options =
        MigrateOptions::new().stop(stop.clone()).on_progress(move |progress| shown.show(progress));
    let interrupted = async {
        interrupts.next().await;
        stop.stop();
        console.note("stopping when the files under way are done; once more, to roll them back");
        interrupts.next().await;
    };
    let done = tokio::select! {
        done = rollback(&options) => Some(done),
        () = interrupted => None,
    };
    bar.clear();
    let Some(done) = done else {
        abandon(&manager).await;
        return Err(Failure::interrupted(
            "stopped; what was under way is as it was, and what was undone before stays undone \
             (tenantry status shows which)",
        ));
    };
    let exit = answer(&done?, console)?;
    Ok(if stop.is_stopped() && exit == Exit::Failed { Exit::Interrupted } else { exit })
}

fn answer(report: &RollbackReport, console: &Console) -> Result<Exit> {
    console.answer(report, || text(report))?;
    if !console.is_json() {
        if let Some((schema, error)) =
            report.shared.as_ref().and_then(|shared| Some((&shared.schema, shared.error.as_ref()?)))
        {
            console.error(format_args!("shared schema {schema}: {error}"));
        }
        let failed = report
            .tenants
            .iter()
            .filter_map(|tenant| tenant.error.as_ref().map(|error| (tenant.id.to_string(), error)));
        failures::tell(failed, console);
    }
    Ok(if report.is_success() { Exit::Done } else { Exit::Failed })
}

fn text(report: &RollbackReport) -> String {
    let mut text = String::new();
    if report.dry_run {
        text.push_str("Nothing was written.\n");
        if let Some(shared) = report.shared.as_ref().filter(|shared| !shared.pending.is_empty()) {
            let _ =
                writeln!(text, "- shared schema {}: {}", shared.schema, shared.pending.join(", "));
        }
        for tenant in report.tenants.iter().filter(|tenant| !tenant.pending.is_empty()) {
            let _ = writeln!(text, "- {}: {}", tenant.id, tenant.pending.join(", "));
        }
        return text;
    }
    if let Some(shared) = &report.shared {
        let what = match shared.status {
            MigrateStatus::Succeeded => format!("{} undone", shared.undone.join(", ")),
            MigrateStatus::Skipped => "nothing to be undone".to_owned(),
            _ => "not rolled back".to_owned(),
        };
        let _ = writeln!(text, "Shared schema {}: {what}", shared.schema);
        return text;
    }
    let mut parts = Vec::new();
    for (number, what) in [
        (report.succeeded, "rolled back"),
        (report.skipped, "with nothing to be undone"),
        (report.failed, "failed"),
        (report.unfinished, "not finished"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    let took = duration(report.duration_ms);
    let _ = writeln!(text, "{}: {} ({took})", count(report.total, "tenant"), parts.join(", "));
    text
}
