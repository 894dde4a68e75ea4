//! What in migrations locks tables for long, breaks programs that run, or loses data.
//!
//! [`check`] reads the files and needs no database. It knows PostgreSQL's habits by the words of a statement: which lock it
//! takes, and whether it reads or writes the whole table under it. What a file does to a table that it has made itself harms
//! nobody, and code in functions and `DO` is not looked into.
//!
//! A finding that is meant is allowed by a comment with a reason, above the statement, or above the first one for the whole
//! file:
//!
//! ```sql
//! -- tenantry: allow drop-column because nothing has read it since version 2.3
//! ALTER TABLE users DROP COLUMN nickname;
//! ```

mod changes;
mod cursor;
mod data;
mod defaults;
mod finding;
mod known;
mod notes;
mod objects;
mod rule;
mod tables;
mod types;

pub use self::{finding::Finding, rule::Rule};

use self::{cursor::Cursor, known::Known, notes::Notes};
use crate::{Migration, Migrations};

/// Looks through the migrations that go up, in their order.
///
/// What is found is in the order of files and lines.
#[must_use]
pub fn check(migrations: &Migrations) -> Vec<Finding> {
    let mut known = Known::default();
    migrations.files().iter().flat_map(|migration| check_file(migration, &mut known)).collect()
}

/// As [`check`], but tells of some of the migrations alone: those that are about to be run, for instance.
pub fn check_some(
    migrations: &Migrations,
    mut is_wanted: impl FnMut(&Migration) -> bool,
) -> Vec<Finding> {
    check_each(migrations.files(), &mut is_wanted)
}

/// As [`check_some`], over files from anywhere.
pub(crate) fn check_each<'a>(
    files: impl IntoIterator<Item = &'a Migration>,
    is_wanted: &mut dyn FnMut(&Migration) -> bool,
) -> Vec<Finding> {
    let mut known = Known::default();
    let mut findings = Vec::new();
    for migration in files {
        // Those before tell what is known of the tables.
        let found = check_file(migration, &mut known);
        if is_wanted(migration) {
            findings.extend(found);
        }
    }
    findings
}

fn check_file(migration: &Migration, known: &mut Known) -> Vec<Finding> {
    let script = migration.up();
    known.begin_file();
    let mut notes = Notes::new(migration);
    for (index, statement) in script.statements().iter().enumerate() {
        notes.begin_statement(index);
        let Some(cursor) = Cursor::of(script.text(), statement) else {
            continue;
        };
        changes::check(cursor, known, &mut notes);
    }
    notes.finish()
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod tests;
