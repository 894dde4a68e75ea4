mod text;

use inquire::{Confirm, InquireError};
use tenantry_migrate::{AdoptOptions, AdoptPlan, AdoptSource, Migrator};

use crate::{
    arguments::{Adopt, Global},
    connect::{Access, abandon, connect},
    console::Console,
    environment,
    failure::{Exit, Failure, Result},
    interrupt::Interrupts,
    progress::CountBar,
    table::count,
};

use self::text::{failures, text};

/// `tenantry adopt`
pub(super) async fn run(arguments: &Adopt, global: &Global, console: &Console) -> Result<Exit> {
    let config = environment::config(global)?;
    let options = options(arguments)?;
    let mut interrupts = Interrupts::listen()?;
    // A plan writes nothing, not even the catalog.
    let reader = connect(config.clone(), Access::Reading).await?;
    let plan = tokio::select! {
        plan = async { Migrator::new(reader.clone()).adopt_plan(&options).await } => plan?,
        () = interrupts.next() => {
            abandon(&reader).await;
            return Err(Failure::interrupted("stopped; nothing was written"));
        }
    };
    let _ = reader.close().await;
    if !arguments.yes {
        show(&plan, arguments.each, console)?;
        if !plan.has_work() {
            return Ok(exit(&plan));
        }
        if !console.can_ask() {
            console.hint("the same with --yes does it");
            return Ok(exit(&plan));
        }
        let number = plan.summary.adopted + plan.summary.updated;
        if !confirmed(&format!("Write this for {}?", count(number, "tenant")))? {
            return Err(Failure::new(Exit::Failed, "DECLINED", "nothing was written"));
        }
    }
    let manager = connect(config, Access::Writing).await?;
    let migrator = Migrator::new(manager.clone());
    let bar = CountBar::new(console, "schemas");
    let adopted = tokio::select! {
        adopted = migrator.adopt(plan, |done, total| bar.show(done, total)) => adopted,
        () = interrupts.next() => {
            bar.clear();
            abandon(&manager).await;
            return Err(Failure::interrupted(
                "stopped; those that were done stay adopted, and the same again does the rest",
            ));
        }
    };
    bar.clear();
    let adopted = adopted?;
    show(&adopted, arguments.each, console)?;
    if !console.is_json() && adopted.is_complete() {
        console.hint(
            "tenantry status shows what is applied; tenantry migrate --all goes on from there",
        );
    }
    Ok(exit(&adopted))
}

fn options(arguments: &Adopt) -> Result<AdoptOptions> {
    let source = match (&arguments.query, &arguments.csv, &arguments.template) {
        (Some(query), ..) => AdoptSource::Query(query.clone()),
        (_, Some(file), _) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            AdoptSource::csv(&text)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?
        }
        (.., Some(template)) => AdoptSource::Template(template.clone()),
        _ => AdoptSource::Known,
    };
    let mut options = AdoptOptions::new(source);
    if let Some(table) = &arguments.ledger {
        options = options.ledger(table);
    }
    Ok(if arguments.force { options.force() } else { options })
}

fn show(plan: &AdoptPlan, each: bool, console: &Console) -> Result<()> {
    console.answer(plan, || text(plan, each))?;
    if !console.is_json() {
        for note in &plan.notes {
            console.note(format_args!("note: {note}"));
        }
        for failure in failures(plan) {
            console.error(failure);
        }
    }
    Ok(())
}

fn exit(plan: &AdoptPlan) -> Exit {
    if plan.is_complete() { Exit::Done } else { Exit::Failed }
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
