//! `tenantry repair`, `tenantry sync`, and what `--mark-applied` answers.

use std::fmt::Write as _;

use tenantry_migrate::{Correction, CorrectionReport, Migrator, RepairOptions};

use super::{confirm::confirm, failures};
use crate::{
    arguments::{Correcting, Global, Repair, Sync},
    connect::{Access, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    table::count,
};

/// `tenantry repair`
pub(super) async fn repair(arguments: Repair, global: &Global, console: &Console) -> Result<Exit> {
    let options = RepairOptions::new()
        .checksums(arguments.checksums)
        .clear(arguments.clear)
        .applied(arguments.applied)
        .indexes(arguments.indexes);
    run("repair", options, &arguments.common, global, console).await
}

/// `tenantry sync`
pub(super) async fn sync(arguments: Sync, global: &Global, console: &Console) -> Result<Exit> {
    let Sync { mark_missing, clean_orphans, mut common } = arguments;
    let shows = !mark_missing && !clean_orphans;
    common.dry_run |= shows;
    let options = RepairOptions::new()
        .mark_missing(mark_missing || shows)
        .clean_orphans(clean_orphans || shows);
    run("sync", options, &common, global, console).await
}

/// Shows what would be done; then asks, and does it.
async fn run(
    verb: &str,
    options: RepairOptions,
    arguments: &Correcting,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let config = environment::config(global)?;
    let ids = environment::tenant_ids(&config, &arguments.tenant)?;
    let ids = (!arguments.all).then_some(ids.as_slice());
    let access = if arguments.dry_run { Access::Reading } else { Access::Writing };
    let migrator = Migrator::new(connect(config, access).await?);
    let options = options.shared(arguments.shared);
    if arguments.dry_run || !arguments.yes {
        let found = migrator.repair(ids, options.dry_run(true)).await?;
        if arguments.dry_run || !found.has_corrections() {
            return answer(&found, console);
        }
        if !console.is_json() {
            console.note(text(&found).trim_end());
        }
        let whose = match found.concerned {
            0 => "the shared schema".to_owned(),
            some => count(some, "tenant"),
        };
        let question = format!("Set this right for {whose}?");
        confirm(false, console, &question, &format!("tenantry {verb} …"))?;
    }
    answer(&migrator.repair(ids, options).await?, console)
}

/// What was found or done.
pub(super) fn answer(report: &CorrectionReport, console: &Console) -> Result<Exit> {
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

fn text(report: &CorrectionReport) -> String {
    const NAMED: usize = 5;
    // The same for many tenants is said once.
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for tenant in report.tenants.iter().filter(|tenant| tenant.error.is_none()) {
        for correction in &tenant.corrections {
            let words = correction.kind.words();
            let line = format!("{}: {}; {words}", correction.name, correction.found);
            let id = tenant.id.to_string();
            match groups.iter_mut().find(|(known, _)| *known == line) {
                Some((_, names)) => names.push(id),
                None => groups.push((line, vec![id])),
            }
        }
    }
    let mut text = String::new();
    if report.dry_run {
        text.push_str("Nothing was written.\n");
    }
    if let Some(shared) = report.shared.as_ref().filter(|shared| shared.error.is_none()) {
        for correction in &shared.corrections {
            let Correction { name, found, kind, .. } = correction;
            let words = kind.words();
            let _ = writeln!(text, "- {name}: {found}; {words} (shared schema {})", shared.schema);
        }
    }
    for (line, names) in &groups {
        let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(text, "- {line} ({named}{more})");
    }
    let done = if report.dry_run { "to be set right" } else { "set right" };
    if let Some(shared) = &report.shared {
        let what = match (&shared.error, shared.corrections.is_empty()) {
            (Some(_), _) => "not set right",
            (None, true) => "nothing to be set right",
            (None, false) => done,
        };
        let _ = writeln!(text, "Shared schema {}: {what}", shared.schema);
        if report.total == 0 {
            return text;
        }
    }
    let concerned = report.concerned - report.failed.min(report.concerned);
    let _ = match concerned {
        0 => writeln!(text, "{}: nothing to be set right", count(report.total, "tenant")),
        some => writeln!(text, "{}: {some} {done}", count(report.total, "tenant")),
    };
    text
}
