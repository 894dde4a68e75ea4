use std::fmt::Write as _;

use tenantry_migrate::{Migrator, SchemaStatus, StatusReport};

use crate::{
    arguments::{Global, Status},
    connect::{Access, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    table::{align_right, count, status, table},
};

/// `tenantry status`
pub(super) async fn run(arguments: &Status, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let manager = connect(config, Access::Reading).await?;
    let report = Migrator::new(manager).status().await?;
    console.answer(&report, || text(&report))?;
    if !console.is_json() {
        tell_failures(&report, console);
    }
    let differs = arguments.check && !report.is_ok();
    Ok(if differs || !report.is_complete() { Exit::Failed } else { Exit::Done })
}

fn text(report: &StatusReport) -> String {
    let mut text = String::new();
    if report.tenants.is_empty() {
        text.push_str("There are no tenants yet. Make one: tenantry tenant create ID\n");
    } else {
        let mut rows = table(["Tenant", "Applied", "Pending", "Status"]);
        for tenant in &report.tenants {
            rows.add_row([
                tenant.id.to_string(),
                tenant.applied.to_string(),
                tenant.pending.to_string(),
                status(tenant.status).to_owned(),
            ]);
        }
        align_right(&mut rows, 1);
        align_right(&mut rows, 2);
        text = format!("{rows}\n");
    }
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

fn what_to_migrate(report: &StatusReport) -> Option<&'static str> {
    match (report.pending_migrations.is_empty(), report.shared.pending > 0) {
        (false, false) => Some("--all"),
        (false, true) => Some("--all --shared"),
        (true, true) => Some("--shared"),
        (true, false) => None,
    }
}

fn tell_failures(report: &StatusReport, console: &Console) {
    if let Some(error) = &report.shared.error {
        console.error(format_args!("shared schema {}: {error}", report.shared.schema));
    }
    for tenant in &report.tenants {
        if let Some(error) = &tenant.error {
            console.error(format_args!("{}: {error}", tenant.id));
        }
    }
}
