mod text;

use std::time::Duration;

use tenantry_migrate::{Migrator, StatusOptions, StatusReport};

use crate::{
    arguments::{Global, Status},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Result},
    interrupt::Interrupts,
};

use self::text::{Style, failures, text};
use super::failures::tell;

/// `tenantry status`
pub(super) async fn run(arguments: &Status, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let options = options(arguments, environment::tenant_ids(&config, &arguments.tenant)?);
    let style = Style { each: arguments.each, limit: limit(arguments) };
    let mut interrupts = Interrupts::listen()?;
    let manager = connect(config, Access::Reading).await?;
    let migrator = Migrator::new(manager.clone());
    let Some(seconds) = arguments.watch else {
        let mut report = migrator.status_of(&options).await?;
        let differs = arguments.check && !report.is_ok();
        let is_complete = report.is_complete();
        if console.is_json() {
            report.tenants.truncate(style.limit);
        }
        show(&report, style, console)?;
        return Ok(if differs || !is_complete { Exit::Failed } else { Exit::Done });
    };
    let every = Duration::from_secs(seconds.into());
    let watching = async {
        loop {
            let report = migrator.status_of(&options).await?;
            console.redraw()?;
            show(&report, style, console)?;
            tokio::time::sleep(every).await;
        }
    };
    let watched: Result<std::convert::Infallible> = tokio::select! {
        watched = watching => watched,
        () = interrupts.next() => {
            abandon(&manager).await;
            return Ok(Exit::Done);
        }
    };
    watched.map(|never| match never {})
}

fn options(arguments: &Status, ids: Vec<tenantry::TenantId>) -> StatusOptions {
    let mut options = StatusOptions::new().tenants(ids);
    if arguments.behind {
        options = options.behind();
    }
    if arguments.failed {
        options = options.failed();
    }
    match &arguments.migration {
        Some(name) => options.lacking(name),
        None => options,
    }
}

fn limit(arguments: &Status) -> usize {
    arguments.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

fn show(report: &StatusReport, style: Style, console: &Console) -> Result<()> {
    console.answer(report, || text(report, style))?;
    if !console.is_json() {
        let failures = failures(report, style);
        if style.shows_each(report) {
            tell(failures.into_iter(), console);
        } else {
            for (whose, failure) in failures {
                console.error(format_args!("{whose}: {failure}"));
            }
        }
    }
    Ok(())
}
