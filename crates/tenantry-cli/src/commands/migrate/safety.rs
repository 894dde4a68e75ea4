//! What locks, breaks or loses, among the migrations that are to be applied.

use std::collections::BTreeSet;

use tenantry::{Config, TenantId};
use tenantry_migrate::{
    FolderError, MigrateOptions, MigrateReport, Migrations, Migrator,
    lint::{self, Finding},
};

use crate::{
    arguments::Migrate,
    console::Console,
    failure::{Exit, Failure, Result},
    table::count,
};

/// Refuses the run, if there is any.
pub(super) async fn refuse(
    migrator: &Migrator,
    ids: Option<&[TenantId]>,
    arguments: &Migrate,
) -> Result<()> {
    let options = MigrateOptions::new()
        .dry_run(true)
        .shared(arguments.shared)
        .allow_out_of_order(arguments.allow_out_of_order);
    let report = match ids {
        None => migrator.migrate_all(&options).await?,
        Some([]) if arguments.rollout.resume.is_some() => migrator.migrate_all(&options).await?,
        Some([]) => migrator.migrate_shared(&options).await?,
        Some(ids) => migrator.migrate(ids, &options).await?,
    };
    let found = found(&report, migrator.manager().config())?;
    if found.is_empty() {
        return Ok(());
    }
    let mut message = format!("{}, and --strict refuses them; nothing was run", things(&found));
    for finding in &found {
        message.push('\n');
        message.push_str(&finding.to_string());
    }
    Err(Failure::new(Exit::Failed, "MIGRATIONS_UNSAFE", message))
}

/// Tells of them, after a dry run.
pub(super) fn warn(report: &MigrateReport, config: &Config, console: &Console) {
    // Files that cannot be read have ended the run before.
    let found = found(report, config).unwrap_or_default();
    for finding in &found {
        console.remark(format_args!("warning: {finding}"));
    }
}

fn things(found: &[Finding]) -> String {
    count(found.len(), "statement") + " may lock, break or lose something"
}

fn found(report: &MigrateReport, config: &Config) -> Result<Vec<Finding>, FolderError> {
    let mut found = Vec::new();
    let shared = report.shared.iter().flat_map(|shared| shared.pending.iter());
    let shared: BTreeSet<&str> = shared.map(String::as_str).collect();
    let folders = config.migrations();
    if !shared.is_empty() {
        let files = Migrations::read_shared(&folders.shared_dir)?;
        found.extend(lint::check_some(&files, |file| shared.contains(file.name.as_str())));
    }
    let pending = report.tenants.iter().flat_map(|tenant| tenant.pending.iter());
    let pending: BTreeSet<&str> = pending.map(String::as_str).collect();
    if !pending.is_empty() {
        let files = Migrations::read(&folders.tenant_dir)?;
        found.extend(lint::check_some(&files, |file| pending.contains(file.name.as_str())));
    }
    Ok(found)
}
