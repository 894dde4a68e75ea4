//! The status as a person reads it.

use std::fmt::Write as _;

use tenantry::TenantId;
use tenantry_migrate::{Failure, SchemaStatus, StatusGroup, StatusReport};

use crate::table::{align_right, count, status, table};

/// The most tenants that are shown each by itself, unless that is asked for.
const EACH: usize = 20;
/// The most tenants of a group that are named.
const NAMED: usize = 3;

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Each tenant by itself, however many there are.
    pub(super) each: bool,
    /// The most tenants to show by themselves.
    pub(super) limit: usize,
}

impl Style {
    pub(super) fn shows_each(self, report: &StatusReport) -> bool {
        self.each || report.tenants.len() <= EACH
    }
}

pub(super) fn text(report: &StatusReport, style: Style) -> String {
    let mut text = if report.tenants.is_empty() {
        nobody(report)
    } else if style.shows_each(report) {
        each(report, style.limit)
    } else {
        grouped(report)
    };
    let shared = &report.shared;
    if shared.applied > 0 || shared.status != SchemaStatus::Ok {
        let _ = writeln!(
            text,
            "\nShared schema {}: {} applied, {} pending, {}",
            shared.schema,
            shared.applied,
            shared.pending,
            status(shared.status)
        );
    }
    if !report.pending_migrations.is_empty() {
        text.push_str("\nPending migrations:\n");
        for pending in &report.pending_migrations {
            let _ = writeln!(text, "- {} ({})", pending.name, count(pending.tenants, "tenant"));
        }
    }
    if let Some(flags) = what_to_migrate(report) {
        let _ = writeln!(text, "\nRun 'tenantry migrate {flags}' to apply pending migrations.");
    }
    text
}

fn nobody(report: &StatusReport) -> String {
    if report.is_filtered {
        "No tenant is like this.\n".to_owned()
    } else {
        "There are no tenants yet. Make one: tenantry tenant create ID\n".to_owned()
    }
}

fn each(report: &StatusReport, limit: usize) -> String {
    let mut rows = table(["Tenant", "Applied", "Pending", "Status"]);
    for tenant in report.tenants.iter().take(limit) {
        rows.add_row([
            tenant.id.to_string(),
            tenant.applied.to_string(),
            tenant.pending.to_string(),
            status(tenant.status).to_owned(),
        ]);
    }
    align_right(&mut rows, 1);
    align_right(&mut rows, 2);
    let left = report.tenants.len().saturating_sub(limit);
    let more =
        if left > 0 { format!("and {}\n", count(left, "more tenant")) } else { String::new() };
    format!("{rows}\n{more}")
}

fn grouped(report: &StatusReport) -> String {
    let mut rows = table(["Tenants", "Which", "Version", "Applied", "Pending", "Status"]);
    for group in &report.groups {
        rows.add_row([
            group.tenants.to_string(),
            names(&group.such_as, group.tenants),
            group.version.clone().unwrap_or_default(),
            group.applied.to_string(),
            group.pending.to_string(),
            status(group.status).to_owned(),
        ]);
    }
    for column in [0, 3, 4] {
        align_right(&mut rows, column);
    }
    let summary = report.summary;
    let mut parts = Vec::new();
    for (number, what) in [
        (summary.ok, "OK"),
        (summary.behind, "behind"),
        (summary.failed, "failed"),
        (summary.missing, "missing"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("{rows}\n{}: {}\n", count(summary.total, "tenant"), parts.join(", "))
}

/// What went wrong, and where, with those that stand alike told together where they are many.
pub(super) fn failures(report: &StatusReport, style: Style) -> Vec<(String, &Failure)> {
    let mut told = Vec::new();
    if let Some(error) = &report.shared.error {
        told.push((format!("shared schema {}", report.shared.schema), error));
    }
    if style.shows_each(report) {
        let failed = report.tenants.iter().take(style.limit);
        let failed = failed.filter_map(|tenant| Some((&tenant.id, tenant.error.as_ref()?)));
        told.extend(failed.map(|(id, error)| (id.to_string(), error)));
    } else {
        let failed = report.groups.iter().filter_map(|group| Some((group, group.error.as_ref()?)));
        told.extend(failed.map(|(group, error)| (whose(group), error)));
    }
    told
}

fn whose(group: &StatusGroup) -> String {
    match group.tenants {
        1 => names(&group.such_as, 1),
        number => format!("{number} tenants ({})", names(&group.such_as, number)),
    }
}

fn names(such_as: &[TenantId], all: usize) -> String {
    let mut names: Vec<&str> = such_as.iter().take(NAMED).map(TenantId::as_str).collect();
    if all > names.len() {
        names.push("…");
    }
    names.join(", ")
}

fn what_to_migrate(report: &StatusReport) -> Option<&'static str> {
    match (report.pending_migrations.is_empty(), report.shared.pending > 0) {
        (false, false) => Some("--all"),
        (false, true) => Some("--all --shared"),
        (true, true) => Some("--shared"),
        (true, false) => None,
    }
}
