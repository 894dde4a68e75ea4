//! drizzle-kit: `meta/_journal.json` says which files there are, and their order.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Found, Names, number};
use crate::folder::{listing::Listing, migration::Origin};

pub(super) const JOURNAL: &str = "meta/_journal.json";

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
