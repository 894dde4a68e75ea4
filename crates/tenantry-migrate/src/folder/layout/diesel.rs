//! Diesel: a folder for each migration, `<version>_<name>/up.sql`, perhaps with `down.sql` and `metadata.toml`.

use serde::Deserialize;

use super::{Found, Names};
use crate::folder::{listing::Listing, migration::Origin};

/// What only Diesel's folders have.
pub(super) fn sign(listing: &Listing) -> Option<String> {
    let mut ups = listing.top_folders().map(|folder| format!("{folder}/up.sql"));
    ups.find(|up| listing.has(up))
}

pub(super) fn names(listing: &Listing) -> Names {
    let mut names = Names::default();
    for folder in listing.top_folders() {
        let up = format!("{folder}/up.sql");
        if !listing.has(&up) {
            names.problem(folder, "it has no up.sql");
            continue;
        }
        // What Diesel's ledger calls it: 2026-11-20-160501_users is 20261120160501.
        let version = folder.split('_').next().unwrap_or_default().replace('-', "");
        let Ok(number) = version.parse() else {
            let reason = "its name begins with no version, such as 2026-11-20-160501_users";
            names.problem(folder, reason);
            continue;
        };
        let no_transaction = match runs_in_transaction(listing, &format!("{folder}/metadata.toml"))
        {
            Ok(in_transaction) => !in_transaction,
            Err(reason) => {
                names.problem(&format!("{folder}/metadata.toml"), reason);
                false
            }
        };
        let down = format!("{folder}/down.sql");
        names.found.push(Found {
            number,
            name: folder.to_owned(),
            up,
            down: Some(down).filter(|down| listing.has(down)),
            origin: Origin::Diesel { version },
            no_transaction,
        });
    }
    names
}

#[derive(Deserialize)]
struct Metadata {
    /// Diesel takes a file without it for a no.
    #[serde(default)]
    run_in_transaction: bool,
}

fn runs_in_transaction(listing: &Listing, file: &str) -> Result<bool, String> {
    if !listing.has(file) {
        return Ok(true);
    }
    let bytes = listing.bytes(file).map_err(|error| format!("it cannot be read: {error}"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let metadata: Metadata =
        toml::from_str(text).map_err(|error| format!("it cannot be read: {}", error.message()))?;
    Ok(metadata.run_in_transaction)
}
