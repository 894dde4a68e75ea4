//! What is sent in one message: our statements and files, one transaction or part of one; and where
//! in it an error is.

use tenantry::{BatchError, DatabaseError};

use crate::{Failure, step::Body};

/// Statements to be sent together.
#[derive(Debug, Default)]
pub(crate) struct Message<'a> {
    sql: String,
    /// How many statements there are.
    count: usize,
    files: Vec<Part<'a>>,
    after: Option<String>,
}

/// A file within a message.
#[derive(Debug)]
struct Part<'a> {
    body: &'a Body<'a>,
    /// Where its text begins, in bytes.
    start: usize,
    /// How many statements come before it.
    before: usize,
    /// How many it has.
    count: usize,
}

/// Where in a message an error is.
#[derive(Debug)]
pub(crate) enum Place<'a> {
    /// In one of our statements before a file.
    Before,
    /// In this file.
    In(&'a Body<'a>, Spot),
    /// After the last file: at the end of the transaction, where deferred constraints speak.
    After,
}

/// Where in a file an error is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spot {
    /// At this character of the text that was sent, from 1.
    Position(usize),
    /// Somewhere in this statement, from 0.
    Statement(usize),
}

impl<'a> Message<'a> {
    /// Adds one statement of ours.
    pub(crate) fn ours(&mut self, sql: &str) {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        self.count += 1;
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, body: &'a Body<'a>) {
        let (start, before) = (self.sql.len(), self.count);
        // It may end in a comment, or without a semicolon.
        self.sql.push_str(body.sql());
        self.sql.push_str("\n;\n");
        let count = body.count();
        self.count += count;
        self.files.push(Part { body, start, before, count });
    }

    /// Says whose end this is, where no file is in it.
    pub(crate) fn after(&mut self, name: &str) {
        self.after = Some(name.to_owned());
    }

    /// Names the migration whose message this is: the last one in it.
    pub(crate) fn name(&self, failure: Failure) -> Failure {
        match (self.files.last(), &self.after) {
            (Some(file), _) => failure.in_file(file.body.name()),
            (None, Some(name)) => failure.in_file(name),
            (None, None) => failure,
        }
    }

    /// All of it.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// Where an error is.
    pub(crate) fn place(&self, failed: &BatchError) -> Place<'a> {
        let position = failed.error.as_database_error().and_then(|error| error.position);
        let position = position.and_then(|position| usize::try_from(position).ok());
        // PostgreSQL parses all of it before it runs any: then only the position tells.
        if let (0, Some(position)) = (failed.done, position) {
            for file in self.files.iter().rev() {
                let before = self.sql[..file.start].chars().count();
                if position > before {
                    return Place::In(file.body, Spot::Position(position - before));
                }
            }
            return Place::Before;
        }
        for file in &self.files {
            if failed.done < file.before {
                return Place::Before;
            }
            if failed.done < file.before + file.count {
                let before = self.sql[..file.start].chars().count();
                let spot = match position.and_then(|position| position.checked_sub(before)) {
                    Some(position) => Spot::Position(position),
                    None => Spot::Statement(failed.done - file.before),
                };
                return Place::In(file.body, spot);
            }
        }
        Place::After
    }
}

/// What PostgreSQL says of a file, as a failure with its place.
pub(crate) fn failure(error: tenantry::Error, body: &Body<'_>, spot: Spot) -> Failure {
    let context = error.as_database_error().and_then(context);
    let mut failure = Failure::from(error).in_file(body.name());
    if failure.is_unavailable() {
        return failure;
    }
    failure.code = "MIGRATION_FAILED";
    body.locate(spot, &mut failure);
    if let Some(context) = context {
        failure.detail = Some(match failure.detail.take() {
            Some(detail) => format!("{detail}\n{context}"),
            None => context,
        });
    }
    failure
}

/// Where in a function it happened, in few words.
fn context(error: &DatabaseError) -> Option<String> {
    let context = error.context.as_deref()?;
    let first = context.lines().next()?;
    Some(format!("in {first}"))
}
