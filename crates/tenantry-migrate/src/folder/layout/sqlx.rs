//! sqlx: `<version>_<description>.sql`, or a pair `.up.sql` and `.down.sql`.

use super::{Found, Names, number, tenantry::is_numbered};
use crate::folder::{listing::Listing, migration::Origin};

/// What only sqlx's folders have. Those without pairs are read as ours, which comes to the same.
pub(super) fn sign(listing: &Listing) -> Option<String> {
    let mut names = listing.top_files().filter(|name| is_numbered(name));
    names.find(|name| name.ends_with(".up.sql")).map(ToOwned::to_owned)
}

pub(super) fn names(listing: &Listing) -> Names {
    let mut names = Names::default();
    let mut downs = Vec::new();
    for file in listing.top_files() {
        let Some(stem) = file.strip_suffix(".sql") else {
            continue;
        };
        let Some((version, rest)) = number(stem).filter(|(_, rest)| rest.starts_with('_')) else {
            names.problem(
                file,
                "it has no version; sqlx's are named such as 20261120160501_users.sql",
            );
            continue;
        };
        let number = match version {
            Ok(number) => number,
            Err(reason) => {
                names.problem(file, reason);
                continue;
            }
        };
        if rest.ends_with(".down") {
            downs.push((number, file));
            continue;
        }
        let description = rest[1..].trim_end_matches(".up").replace('_', " ");
        names.found.push(Found {
            number,
            // The same as without a pair, so that the first pair changes no name.
            name: format!("{}.sql", stem.trim_end_matches(".up")),
            up: file.to_owned(),
            down: None,
            origin: Origin::Sqlx { description },
            no_transaction: false,
        });
    }
    for (number, file) in downs {
        match names.found.iter_mut().find(|found| found.number == number) {
            Some(found) => found.down = Some(file.to_owned()),
            None => names.problem(file, "there is no .up.sql of this version"),
        }
    }
    names
}
