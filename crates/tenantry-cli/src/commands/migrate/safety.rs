//! What locks, breaks or loses, among the migrations that are to be applied.

use std::collections::BTreeSet;

use tenantry::Config;
use tenantry_migrate::{
    FolderError, MigrateReport, Migrations,
    lint::{self, Finding},
};

use crate::{console::Console, failure::Result};

/// Tells of them, after a dry run.
pub(super) fn warn(report: &MigrateReport, config: &Config, console: &Console) {
    // Files that cannot be read have ended the run before.
    let found = found(report, config).unwrap_or_default();
    for finding in &found {
        console.remark(format_args!("warning: {finding}"));
    }
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
