//! refinery: `V<version>__<name>.sql`, and `U…` for those that may come out of order; also in folders below.

use super::{Found, Names};
use crate::folder::{listing::Listing, migration::Origin};

/// What only refinery's folders have.
pub(super) fn sign(listing: &Listing) -> Option<String> {
    listing.files.keys().find(|path| split(path).is_some()).cloned()
}

/// The version of a file that is named as refinery's are, and its stem and ending.
fn split(path: &str) -> Option<(&str, &str, &str)> {
    let file = path.rsplit('/').next()?;
    let (stem, ending) = file.rsplit_once('.')?;
    let (version, name) = stem.strip_prefix(['V', 'U'])?.split_once("__")?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (is_version && !name.is_empty() && matches!(ending, "sql" | "rs"))
        .then_some((version, stem, ending))
}

pub(super) fn names(listing: &Listing) -> Names {
    let mut names = Names::default();
    for path in listing.files.keys() {
        let Some((version, stem, ending)) = split(path) else {
            if path.ends_with(".sql") {
                let reason = "refinery's migrations are named such as V1__users.sql";
                names.problem(path, reason);
            }
            continue;
        };
        let number = version.parse::<i32>();
        match (ending, number) {
            ("rs", _) => {
                let reason = "it is written in Rust for refinery, which nothing else can run; write it in SQL";
                names.problem(path, reason);
            }
            (_, Err(_)) => {
                names.problem(path, "its version is no whole number that refinery could have run")
            }
            (_, Ok(number)) => names.found.push(Found {
                number: number.into(),
                name: stem.to_owned(),
                up: path.clone(),
                down: None,
                origin: Origin::Refinery,
                no_transaction: false,
            }),
        }
    }
    names
}
