use inquire::{Confirm, InquireError};
use tenantry_migrate::Migrator;

use crate::{
    arguments::{DropTenant, Global},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
};

/// `tenantry tenant drop`
pub(super) async fn run(
    arguments: &DropTenant,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let config = environment::config(global)?;
    let id = config.parse_tenant_id(&arguments.id)?;
    if !arguments.yes && !console.can_ask() {
        return Err(Failure::usage(format!(
            "this drops the tenant {id} with all its data, and there is nobody to ask: tenantry \
             tenant drop {id} --yes"
        )));
    }
    let manager = connect(config, Access::Reading).await?;
    let tenant = manager.catalog().get(&id).await?;
    if !arguments.yes {
        let schema = &tenant.placement.schema;
        if !confirmed(&format!("Drop the tenant {id}, its schema {schema} and everything in it?"))?
        {
            return Err(Failure::new(Exit::Failed, "DECLINED", "nothing was dropped"));
        }
    }
    let mut interrupts = Interrupts::listen()?;
    let migrator = Migrator::new(manager.clone());
    let dropped = tokio::select! {
        dropped = migrator.drop_tenant(&id) => dropped?,
        () = interrupts.next() => {
            abandon(&manager).await;
            return Err(Failure::interrupted(format!(
                "stopped; the tenant is archived, and perhaps partly dropped: tenantry tenant drop \
                 {id} does the rest"
            )));
        }
    };
    console
        .answer(&dropped, || format!("Dropped {} and schema {}\n", dropped.id, dropped.schema))?;
    Ok(Exit::Done)
}

fn confirmed(question: &str) -> Result<bool> {
    match Confirm::new(question).with_default(false).prompt() {
        Ok(answer) => Ok(answer),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(false),
        Err(error) => {
            Err(Failure::usage(format!("the question cannot be asked ({error}); use --yes")))
        }
    }
}
