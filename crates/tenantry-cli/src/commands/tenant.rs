//! `tenantry tenant …`

mod create;
mod drop;
mod list;
mod show;

use crate::{
    arguments::{Global, TenantVerb},
    console::Console,
    failure::{Exit, Result},
};

pub(super) async fn run(verb: TenantVerb, global: &Global, console: &Console) -> Result<Exit> {
    match verb {
        TenantVerb::Create(arguments) => create::run(arguments, global, console).await,
        TenantVerb::List(_) => list::run(global, console).await,
        TenantVerb::Show(arguments) => show::run(&arguments, global, console).await,
        TenantVerb::Drop(arguments) => drop::run(&arguments, global, console).await,
    }
}
