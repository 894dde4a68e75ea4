//! What there is to do for a schema: its folder against its ledger.

use crate::{
    Failure, Migration, Migrations,
    ledger::{Entry, Ledger, State},
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
) -> Result<Vec<&'a Migration>, Box<Failure>> {
    match state {
        State::NoSchema => Err(Box::new(schema_missing(site))),
        State::NoLedger => Ok(files.files().iter().collect()),
        State::Ledger(ledger) => {
            if let Some(failure) = contradiction(files, ledger) {
                return Err(Box::new(failure));
            }
            let lacking = files.files().iter().filter(|file| !ledger.contains_key(&file.number));
            Ok(lacking.collect())
        }
        State::Unreadable(failure) => Err(Box::new(failure.clone())),
    }
}

/// How many migrations a schema has.
pub(crate) fn applied(state: &State) -> usize {
    match state {
        State::Ledger(ledger) => ledger.len(),
        State::NoSchema | State::NoLedger | State::Unreadable(_) => 0,
    }
}

/// Where a ledger says something else than the files.
fn contradiction(files: &Migrations, ledger: &Ledger) -> Option<Failure> {
    ledger.iter().find_map(|(number, entry)| against(files, *number, entry))
}

fn against(migrations: &Migrations, number: i64, entry: &Entry) -> Option<Failure> {
    if !entry.finished {
        let message = "it ended the transaction it ran in, so it may be applied in part; make the \
                       schema as the file wants it, then set duration_ms of its row in the ledger \
                       to 0, or delete the row to run it again";
        let failure = Failure::new("MIGRATION_UNFINISHED", message.to_owned());
        return Some(failure.in_file(&entry.name));
    }
    let files = migrations.files();
    if let Ok(index) = files.binary_search_by_key(&number, |file| file.number) {
        let file = &files[index];
        let message = "it was changed after it had been applied".to_owned();
        return (file.checksum != entry.checksum).then(|| {
            Failure::new("CHECKSUM_CHANGED", message)
                .in_file(&file.name)
                .hint("put the file back as it was, and make the change in a new one")
        });
    }
    let is_later_than_all = files.last().is_none_or(|last| number > last.number);
    (!is_later_than_all).then(|| {
        let message =
            format!("it was applied and is no longer in {}", migrations.folder().display());
        Failure::new("MIGRATION_GONE", message).in_file(&entry.name).hint("put the file back")
    })
}

fn schema_missing(site: &Site) -> Failure {
    Failure::new("SCHEMA_MISSING", format!("the schema {} does not exist", site.quoted)).hint(
        "restore it from a backup; or drop the tenant (tenantry tenant drop) and create it again, \
         empty",
    )
}
