//! What there is to do for a schema: its folder against its ledger.

use crate::{
    Failure, Migration, Migrations,
    ledger::{Ledger, State},
    site::Site,
};

/// The migrations that a schema lacks, in order.
///
/// Those that were applied must be there unchanged. One that the folder doesn't have is let pass
/// when the folder has no later one: then the folder is older than the database, as it is while an
/// earlier version of an application is put back.
pub(crate) fn pending<'a>(
    files: &'a Migrations,
    state: &State,
    site: &Site,
) -> Result<Vec<&'a Migration>, Failure> {
    match state {
        State::NoSchema => Err(schema_missing(site)),
        State::NoLedger => Ok(files.files().iter().collect()),
        State::Ledger(ledger) => {
            compare(files, ledger)?;
            let lacking = files
                .files()
                .iter()
                .filter(|file| !ledger.contains_key(&file.number));
            Ok(lacking.collect())
        }
        State::Unreadable(failure) => Err(failure.clone()),
    }
}

/// How many migrations a schema has.
pub(crate) fn applied(state: &State) -> usize {
    match state {
        State::Ledger(ledger) => ledger.len(),
        State::NoSchema | State::NoLedger | State::Unreadable(_) => 0,
    }
}

fn compare(files: &Migrations, ledger: &Ledger) -> Result<(), Failure> {
    let last = files.files().last().map(|file| file.number);
    for (number, entry) in ledger {
        if !entry.finished {
            let message = "it ended the transaction it ran in, so it may be applied in part; make \
                           the schema as the file wants it, then set duration_ms of its row in the \
                           ledger to 0, or delete the row to run it again";
            return Err(
                Failure::new("MIGRATION_UNFINISHED", message.to_owned()).in_file(&entry.name)
            );
        }
        let file = files.files().iter().find(|file| file.number == *number);
        match file {
            Some(file) if file.checksum != entry.checksum => {
                let message = "it was changed after it had been applied";
                return Err(Failure::new("CHECKSUM_CHANGED", message.to_owned())
                    .in_file(&file.name)
                    .hint("put the file back as it was, and make the change in a new one"));
            }
            Some(_) => {}
            None if last.is_none_or(|last| *number > last) => {}
            None => {
                let folder = files.folder().display();
                let message = format!("it was applied and is no longer in {folder}");
                return Err(Failure::new("MIGRATION_GONE", message)
                    .in_file(&entry.name)
                    .hint("put the file back"));
            }
        }
    }
    Ok(())
}

fn schema_missing(site: &Site) -> Failure {
    Failure::new(
        "SCHEMA_MISSING",
        format!("the schema {} does not exist", site.quoted),
    )
    .hint(
        "restore it from a backup; or drop the tenant (tenantry tenant drop) and create it again, \
         empty",
    )
}
