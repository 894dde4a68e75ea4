//! The ledger: the table in each schema that says what has been applied to it.
//!
//! - [`read`]: many schemas' ledgers in few queries; [`copied`]: as PostgreSQL gives them quickest;
//! - [`write`]: the statements that make it and change it.

mod copied;
mod read;
mod write;

use std::collections::BTreeMap;

pub(crate) use self::{
    read::{read, read_all},
    write::{
        ENDED, NOT_THERE, Row, advance, claim, claim_alone, claim_down, complete, complete_alone,
        complete_down, create, create_new, forget, literal, note, record, upgrade,
    },
};

use crate::Failure;

/// What a schema is like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// There is no such schema.
    NoSchema,
    /// The schema is there and has no ledger: nothing was applied.
    NoLedger,
    /// What its ledger says.
    Ledger(Ledger),
    /// There is a ledger and it can't be read.
    Unreadable(Failure),
}

impl State {
    /// What was applied, where anything was.
    pub(crate) fn entries(&self) -> Option<&Ledger> {
        match self {
            Self::Ledger(ledger) => Some(ledger),
            Self::NoSchema | Self::NoLedger | Self::Unreadable(_) => None,
        }
    }
}

/// What has been applied, by number.
pub(crate) type Ledger = BTreeMap<i64, Entry>;

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) checksum: String,
    pub(crate) progress: Progress,
}

impl Entry {
    pub(crate) fn is_finished(&self) -> bool {
        self.progress == Progress::Finished
    }

    /// How many statements are done of what runs without a transaction, and was interrupted.
    pub(crate) fn statements_done(&self) -> Option<usize> {
        match self.progress {
            Progress::Statements(done) => Some(done),
            Progress::Finished | Progress::Undone(_) | Progress::Unknown => None,
        }
    }

    /// How many statements are done of what undoes it without a transaction, and was interrupted.
    pub(crate) fn statements_undone(&self) -> Option<usize> {
        match self.progress {
            Progress::Undone(done) => Some(done),
            Progress::Finished | Progress::Statements(_) | Progress::Unknown => None,
        }
    }
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Progress {
    /// It was applied.
    Finished,
    /// It runs without a transaction, and so many of its statements are done.
    Statements(usize),
    /// It is being undone without a transaction, and so many statements of that are done.
    Undone(usize),
    /// It ended the transaction that claimed it.
    Unknown,
}

impl Progress {
    /// Of a migration whose row has a duration or none, and a count of statements or none.
    fn of(is_timed: bool, done: Option<i64>) -> Self {
        let count = |done| usize::try_from(done).unwrap_or(0);
        match (is_timed, done) {
            (true, None) => Self::Finished,
            (true, Some(done)) => Self::Undone(count(done)),
            (false, Some(done)) => Self::Statements(count(done)),
            (false, None) => Self::Unknown,
        }
    }
}
