//! What there is to do for a schema: its migrations against its ledger.

use crate::{
    Failure,
    ledger::{Entry, Ledger, Progress, State},
    site::Site,
    step::{Series, Step},
};

/// Whether a migration may be older than one that was applied already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Strict,
    Any,
}

/// The migrations that a schema lacks, in order.
///
/// Those that were applied must be there unchanged. One that the folder doesn't have is let pass
/// when the folder has no later one: then the folder is older than the database, as it is while an
/// earlier version of an application is put back.
pub(crate) fn pending<'a>(
    series: &'a Series,
    state: &State,
    site: &Site,
    order: Order,
) -> Result<Vec<&'a Step>, Box<Failure>> {
    match state {
        State::NoSchema => Err(Box::new(schema_missing(site))),
        State::NoLedger => Ok(series.steps().iter().collect()),
        State::Ledger(ledger) => {
            if let Some(failure) = contradiction(series, ledger, site) {
                return Err(Box::new(failure));
            }
            let lacking: Vec<&Step> =
                series.steps().iter().filter(|step| lacks(ledger, step)).collect();
            match (order, late(&lacking, ledger)) {
                (Order::Strict, Some(failure)) => Err(Box::new(failure)),
                _ => Ok(lacking),
            }
        }
        State::Unreadable(failure) => Err(Box::new(failure.clone())),
    }
}

fn lacks(ledger: &Ledger, step: &Step) -> bool {
    ledger.get(&step.number).is_none_or(|entry| !entry.is_finished())
}

/// How many migrations a schema has.
pub(crate) fn applied(state: &State) -> usize {
    state.entries().map_or(0, Ledger::len)
}

/// A migration that comes before one that was applied already.
fn late(lacking: &[&Step], ledger: &Ledger) -> Option<Failure> {
    let (last, newest) = ledger.iter().rev().find(|(_, entry)| entry.is_finished())?;
    let step = lacking.first().filter(|step| step.number < *last)?;
    let message = format!("it is older than {}, which was applied already", newest.name);
    Some(Failure::new("OUT_OF_ORDER", message).in_file(&step.name).hint(
        "give it a number after the last one; or, if it works at any time, apply it with \
         --allow-out-of-order",
    ))
}

/// Where a ledger says something else than the files.
fn contradiction(series: &Series, ledger: &Ledger, site: &Site) -> Option<Failure> {
    ledger.iter().find_map(|(number, entry)| against(series, *number, entry, site))
}

fn against(series: &Series, number: i64, entry: &Entry, site: &Site) -> Option<Failure> {
    let (all, one) = site.flags();
    if entry.progress == Progress::Unknown {
        let message = "it ended the transaction it ran in, so it may be applied in part";
        let failure = Failure::new("MIGRATION_UNFINISHED", message.to_owned()).hint(format!(
            "make the schema as the file wants it, or as it was before; then say which: tenantry \
             repair --applied {one}, or tenantry repair --clear {one}"
        ));
        return Some(failure.in_file(&entry.name));
    }
    if let Progress::Undone(done) = entry.progress {
        let message = format!("it is being undone, and {done} of the statements for that are done");
        let failure = Failure::new("MIGRATION_UNFINISHED", message).hint(format!(
            "go on with that: tenantry rollback {one}; or make the schema as the file wants it, or \
             as it was before, and say which: tenantry repair --applied {one}, or tenantry repair \
             --clear {one}"
        ));
        return Some(failure.in_file(&entry.name));
    }
    let Some(step) = series.find(number) else {
        let is_later_than_all = series.steps().last().is_none_or(|last| number > last.number);
        return (!is_later_than_all).then(|| gone(series, entry, all));
    };
    if *step.checksum == *entry.checksum {
        return None;
    }
    Some(match entry.progress {
        Progress::Statements(done) => {
            let message =
                format!("{done} of its statements are done, and it was changed since then");
            Failure::new("CHECKSUM_CHANGED", message).in_file(&step.name).hint(format!(
                "put the file back as it was; or say how it goes on: tenantry repair --checksums \
                 {one} (after those statements), or tenantry repair --clear {one} (from its \
                 beginning)"
            ))
        }
        Progress::Finished | Progress::Undone(_) | Progress::Unknown => {
            let message = "it was changed after it had been applied".to_owned();
            Failure::new("CHECKSUM_CHANGED", message).in_file(&step.name).hint(format!(
                "put the file back as it was, and make the change in a new one; if the change \
                 makes no difference, accept it: tenantry repair --checksums {all}"
            ))
        }
    })
}

fn gone(series: &Series, entry: &Entry, all: &str) -> Failure {
    let message = format!("it was applied and is no longer in {}", series.folder.display());
    Failure::new("MIGRATION_GONE", message).in_file(&entry.name).hint(format!(
        "put the file back; or, if it is gone for good, take its rows away: tenantry sync \
         --clean-orphans {all}"
    ))
}

fn schema_missing(site: &Site) -> Failure {
    Failure::new("SCHEMA_MISSING", format!("the schema {} does not exist", site.quoted)).hint(
        "restore it from a backup; or drop the tenant (tenantry tenant drop) and create it again, \
         empty",
    )
}
