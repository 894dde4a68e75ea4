use tenantry_sql::{Lines, Statement};

use super::Location;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) location: Option<Location>,
    pub(crate) reason: String,
}

/// How many problems of one file are told.
const TOLD: usize = 20;

/// What is wrong with a file, while it is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// Where it is, where its statement begins, and what it is.
    found: Vec<(usize, usize, String)>,
    count: usize,
}

impl Problems {
    /// Something is wrong with a statement, at this byte of the text.
    pub(super) fn in_statement(
        &mut self,
        statement: &Statement,
        at: usize,
        reason: impl Into<String>,
    ) {
        self.push(at, statement.range().start, reason.into());
    }

    /// Something is wrong outside of a statement.
    pub(super) fn at(&mut self, at: usize, reason: impl Into<String>) {
        self.push(at, at, reason.into());
    }

    fn push(&mut self, at: usize, first: usize, reason: String) {
        self.count += 1;
        if self.found.len() < TOLD {
            self.found.push((at, first, reason));
        }
    }

    /// The problems by their places in the text.
    pub(super) fn finish(mut self, text: &str) -> Vec<Problem> {
        self.found.sort_by_key(|(at, ..)| *at);
        let mut lines = Lines::new(text);
        let more = self.count - self.found.len();
        let mut problems: Vec<Problem> = self
            .found
            .into_iter()
            .map(|(at, first, reason)| {
                let location = Location::after(&mut lines, text, first, at);
                Problem { location: Some(location), reason }
            })
            .collect();
        if more > 0 {
            problems
                .push(Problem { location: None, reason: format!("and {more} more of the kind") });
        }
        problems
    }
}
