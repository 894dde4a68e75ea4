use std::fmt::Write as _;

use tenantry_migrate::{Migrator, TenantDetails};

use crate::{
    arguments::{Global, ShowTenant},
    connect::{Access, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    table::status,
};

/// `tenantry tenant show`
pub(super) async fn run(
    arguments: &ShowTenant,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let config = environment::config(global)?;
    let id = config.parse_tenant_id(&arguments.id)?;
    let manager = connect(config, Access::Reading).await?;
    let details = Migrator::new(manager).show(&id).await?;
    console.answer(&details, || text(&details))?;
    Ok(Exit::Done)
}

fn text(details: &TenantDetails) -> String {
    let TenantDetails { tenant, migrations, pending, .. } = details;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<11} {value}");
        }
    };
    line("Tenant", tenant.id.as_str());
    line("Status", tenant.status.as_str());
    line("Schema", tenant.placement.schema.as_str());
    line("Plan", tenant.plan.as_deref().unwrap_or_default());
    line("Domains", &tenant.domains.join(", "));
    if tenant.metadata.as_object().is_some_and(|metadata| !metadata.is_empty()) {
        line("Metadata", &tenant.metadata.to_string());
    }
    line("Created", &tenant.created_at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    line("Updated", &tenant.updated_at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    let standing = status(migrations.status);
    line("Migrations", &format!("{standing}, {} applied", migrations.applied));
    line("Pending", &pending.join(", "));
    if let Some(error) = &migrations.error {
        line("Error", &error.to_string());
    }
    text
}
