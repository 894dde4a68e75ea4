//! What a run came to, for people.

use std::fmt::Write as _;

use tenantry::Config;
use tenantry_migrate::{Failure as Failed, MigrateReport, MigrateStatus, Migrations, TenantReport};

use crate::{
    commands::failures,
    console::Console,
    failure::Exit,
    table::{count, duration},
};

pub(super) fn exit(report: &MigrateReport, was_stopped: bool) -> Exit {
    let failures: Vec<&Failed> = report.failures().collect();
    match failures.as_slice() {
        [] if report.is_success() => Exit::Done,
        [] if was_stopped => Exit::Interrupted,
        [_, ..] if failures.iter().all(|failure| failure.is_unavailable()) => Exit::Unreachable,
        _ => Exit::Failed,
    }
}

pub(super) fn text(report: &MigrateReport, config: &Config) -> String {
    if report.dry_run {
        return dry_run(report, config);
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
    part(report.gone, "dropped meanwhile");
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

/// Which tenants lack what, those that lack the same together; then the SQL of all of it.
fn dry_run(report: &MigrateReport, config: &Config) -> String {
    const NAMED: usize = 10;
    let mut text = String::from("A dry run: nothing was written.\n");
    let mut groups: Vec<(&[String], Vec<String>)> = Vec::new();
    if let Some(shared) = &report.shared {
        groups.push((&shared.pending, vec![format!("shared schema {}", shared.schema)]));
    }
    for tenant in report.tenants.iter().filter(|tenant| !tenant.pending.is_empty()) {
        let id = tenant.id.to_string();
        let own = groups.iter_mut().skip(usize::from(report.shared.is_some()));
        match own.into_iter().find(|(pending, _)| *pending == tenant.pending) {
            Some((_, names)) => names.push(id),
            None => groups.push((&tenant.pending, vec![id])),
        }
    }
    groups.retain(|(pending, _)| !pending.is_empty());
    for (pending, names) in &groups {
        let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(text, "- {named}{more}: {}", pending.join(", "));
    }
    if groups.is_empty() {
        text.push_str("Nothing would be applied.\n");
        return text;
    }
    let shared = report.shared.as_ref().map(|shared| shared.pending.as_slice());
    let migrations = config.migrations();
    let shared_files = Migrations::read_shared_if_there(&migrations.shared_dir);
    show_sql(&mut text, shared_files.ok().flatten(), shared.unwrap_or_default());
    let mut lacking: Vec<String> =
        report.tenants.iter().flat_map(|tenant| tenant.pending.iter().cloned()).collect();
    lacking.sort();
    lacking.dedup();
    let files = Migrations::read_if_there(&migrations.tenant_dir);
    show_sql(&mut text, files.ok().flatten(), &lacking);
    text
}

/// The SQL of these files, by number.
fn show_sql(text: &mut String, migrations: Option<Migrations>, names: &[String]) {
    let files = migrations.iter().flat_map(Migrations::files);
    for file in files.filter(|file| names.contains(&file.name)) {
        let _ = writeln!(text, "\n-- {}\n{}", file.path().display(), file.up().text().trim_end());
    }
}

pub(super) fn tell_failures(report: &MigrateReport, console: &Console) {
    let shared = report.shared.as_ref();
    let shared_error = shared.and_then(|shared| Some((&shared.schema, shared.error.as_ref()?)));
    if let Some((schema, error)) = shared_error {
        console.error(format_args!("shared schema {schema}: {error}"));
    }
    let failed = report
        .tenants
        .iter()
        .filter_map(|tenant| tenant.error.as_ref().map(|error| (tenant.id.to_string(), error)));
    failures::tell(failed, console);
    if shared_error.is_some() && report.unfinished > 0 {
        console.hint("the tenants wait until the shared schema is migrated");
        return;
    }
    if let Some(why) = &report.ended_early {
        console.error(format_args!("the run ended early: {why}"));
    }
    tell_left(report, console);
    let is_left = |tenant: &TenantReport| match &tenant.error {
        Some(error) => error.code != "TENANT_NOT_FOUND",
        None => tenant.status == MigrateStatus::Unfinished,
    };
    if let Some(run) = report.run.filter(|_| report.tenants.iter().any(is_left)) {
        console.hint(format_args!("go on with what is left: tenantry migrate --resume {run}"));
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
