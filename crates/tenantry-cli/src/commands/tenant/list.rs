use std::sync::Arc;

use serde::Serialize;
use tenantry::Tenant;

use crate::{
    arguments::Global,
    connect::{Access, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    table::table,
};

#[derive(Serialize)]
struct List {
    tenants: Vec<Arc<Tenant>>,
}

/// `tenantry tenant list`
pub(super) async fn run(global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let manager = connect(config, Access::Reading).await?;
    let list = List { tenants: manager.catalog().list().await? };
    console.answer(&list, || text(&list))?;
    Ok(Exit::Done)
}

fn text(list: &List) -> String {
    if list.tenants.is_empty() {
        return "There are no tenants yet. Make one: tenantry tenant create ID\n".to_owned();
    }
    let mut rows = table(["Tenant", "Status", "Schema", "Plan", "Domains", "Created"]);
    for tenant in &list.tenants {
        rows.add_row([
            tenant.id.to_string(),
            tenant.status.to_string(),
            tenant.placement.schema.to_string(),
            tenant.plan.clone().unwrap_or_default(),
            tenant.domains.join(", "),
            tenant.created_at.format("%Y-%m-%d %H:%M").to_string(),
        ]);
    }
    format!("{rows}\n")
}
