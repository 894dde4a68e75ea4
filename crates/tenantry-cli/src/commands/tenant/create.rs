use tenantry::{NewTenant, SchemaName};
use tenantry_migrate::{CreatedTenant, Migrator};

use crate::{
    arguments::{CreateTenant, Global},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
};

/// `tenantry tenant create`
pub(super) async fn run(
    arguments: CreateTenant,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let config = environment::config(global)?;
    let id = config.parse_tenant_id(&arguments.id)?;
    let mut new = NewTenant::new(id.clone());
    match &arguments.schema {
        Some(schema) => new = new.schema(SchemaName::parse(schema)?),
        // Refused before anything is connected to.
        None => {
            config.isolation().schema_template.schema_for(&id)?;
        }
    }
    for domain in arguments.domain {
        new = new.domain(domain);
    }
    if let Some(plan) = arguments.plan {
        new = new.plan(plan);
    }

    let mut interrupts = Interrupts::listen()?;
    let manager = connect(config, Access::Writing).await?;
    let migrator = Migrator::new(manager.clone());
    let created = tokio::select! {
        created = migrator.create_tenant(new, !arguments.no_migrate) => created?,
        () = interrupts.next() => {
            abandon(&manager).await;
            return Err(Failure::interrupted("stopped; nothing of the tenant remains"));
        }
    };
    console.answer(&created, || text(&created))?;
    Ok(Exit::Done)
}

fn text(created: &CreatedTenant) -> String {
    let CreatedTenant { tenant, applied, .. } = created;
    let migrations = match applied.as_slice() {
        [] => "no migrations".to_owned(),
        applied => applied.join(", "),
    };
    format!("Created {} in schema {}: {migrations}\n", tenant.id, tenant.placement.schema)
}
