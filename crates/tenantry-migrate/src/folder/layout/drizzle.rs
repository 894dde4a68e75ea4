//! drizzle-kit: `meta/_journal.json` says which files there are, and their order. Since 1.0 there is no journal, but a
//! folder for each migration: `20261127091004_users/migration.sql`, beside a snapshot.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Found, Names, number};
use crate::folder::{listing::Listing, migration::Origin};

const JOURNAL: &str = "meta/_journal.json";

/// What a migration's folder has its SQL in.
const SQL: &str = "migration.sql";

/// What only drizzle-kit's folders have.
pub(super) fn sign(listing: &Listing) -> Option<String> {
    if listing.has(JOURNAL) {
        return Some(JOURNAL.to_owned());
    }
    let mut folders = listing.top_folders().filter(|folder| moment(folder).is_some());
    // Prisma names its folders and files likewise, and has no snapshots.
    let folder = folders.find(|folder| {
        listing.has(&format!("{folder}/{SQL}")) && listing.has(&format!("{folder}/snapshot.json"))
    })?;
    Some(format!("{folder}/{SQL}"))
}

#[derive(Deserialize)]
struct Journal {
    #[serde(default)]
    dialect: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    idx: i64,
    when: i64,
    tag: String,
}

pub(super) fn names(listing: &Listing) -> Names {
    if listing.has(JOURNAL) { by_journal(listing) } else { by_folders(listing) }
}

fn by_folders(listing: &Listing) -> Names {
    let mut names = Names::default();
    for folder in listing.top_folders() {
        let up = format!("{folder}/{SQL}");
        match (moment(folder), listing.has(&up)) {
            (Some((number, when)), true) => {
                names.found.push(Found { up, ..found(number, folder.to_owned(), when) })
            }
            (Some(_), false) => names.problem(folder, format!("it has no {SQL}")),
            (None, true) => {
                let reason = "its name begins with no moment, such as 20261127091004_users";
                names.problem(folder, reason);
            }
            (None, false) => {}
        }
    }
    for file in listing.top_files().filter(|file| file.ends_with(".sql")) {
        let reason = format!("drizzle-kit's migrations are folders with a {SQL} in them");
        names.problem(file, reason);
    }
    names
}

/// What the name of a migration's folder begins with, as a number and in milliseconds since 1970.
fn moment(folder: &str) -> Option<(i64, Option<i64>)> {
    let (number, rest) = number(folder)?;
    let digits = folder.len() - rest.len();
    let number = number.ok().filter(|_| digits == 14 && (rest.is_empty() || rest.starts_with('_')));
    Some((number?, milliseconds(&folder[..14])))
}

/// `20261127091004` in milliseconds since 1970, where there was such a moment.
fn milliseconds(moment: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| moment.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    // Years that begin in March have their odd day at the end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

fn by_journal(listing: &Listing) -> Names {
    let mut names = Names::default();
    let journal = listing.bytes(JOURNAL).map_err(|error| error.to_string());
    let journal = journal.and_then(|bytes| {
        serde_json::from_slice::<Journal>(&bytes).map_err(|error| error.to_string())
    });
    let journal = match journal {
        Ok(journal) => journal,
        Err(error) => {
            names.problem(JOURNAL, format!("it cannot be read: {error}"));
            return names;
        }
    };
    if let Some(dialect) =
        journal.dialect.filter(|dialect| dialect != "postgresql" && dialect != "pg")
    {
        names.problem(JOURNAL, format!("it is for {dialect}, and not for PostgreSQL"));
    }
    let mut tags: BTreeMap<String, i64> = BTreeMap::new();
    for Entry { idx, when, tag } in journal.entries {
        let file = format!("{tag}.sql");
        if tags.insert(tag.clone(), idx).is_some() {
            names.problem(JOURNAL, format!("it names {tag} twice"));
        } else if listing.has(&file) {
            names.found.push(found(idx, tag, Some(when)));
        } else {
            names.problem(JOURNAL, format!("it names {tag}, and there is no {file}"));
        }
    }
    // drizzle-multitenant runs every file, by the number in its name; drizzle-kit what is in the journal. A file that was
    // written by hand is run here, too, where its number says when.
    for file in listing.top_files() {
        let Some(stem) = file.strip_suffix(".sql").filter(|stem| !tags.contains_key(*stem)) else {
            continue;
        };
        let number =
            number(stem).and_then(|(number, rest)| number.ok().filter(|_| rest.starts_with('_')));
        match number {
            Some(number) if !tags.values().any(|idx| *idx == number) => {
                names.found.push(found(number, stem.to_owned(), None));
            }
            _ => names.problem(
                file,
                format!("it is not in {JOURNAL}, and its name has no number that is free; take it away, or have \
                         drizzle-kit make it (generate --custom)"),
            ),
        }
    }
    names
}

fn found(number: i64, tag: String, when: Option<i64>) -> Found {
    Found {
        number,
        up: format!("{tag}.sql"),
        name: tag,
        down: None,
        origin: Origin::Drizzle { when },
        no_transaction: false,
    }
}
