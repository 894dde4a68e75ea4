//! What comments say to us: `-- tenantry: …`.

mod parse;

use std::time::Duration;

use tenantry_sql::{Lexer, Statement, Token, TokenKind};

use self::parse::Directive;
use super::{problem::Problems, reading::Reading};
use crate::lint::Rule;

/// How a file wants to be run, and what it is allowed: what its comments `-- tenantry: …` say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directives {
    /// Whether it runs in a transaction, together with its row in the ledger. `-- tenantry: no-transaction`
    /// says no: then each of its statements runs by itself.
    pub transaction: bool,
    /// How long a statement may wait for a lock: `-- tenantry: lock_timeout = 2s`. Zero is as long as it takes.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may run: `-- tenantry: statement_timeout = 5min`. Zero is as long as it takes.
    pub statement_timeout: Option<Duration>,
    pub(crate) allows: Vec<Allow>,
}

impl Default for Directives {
    fn default() -> Self {
        Self { transaction: true, lock_timeout: None, statement_timeout: None, allows: Vec::new() }
    }
}

/// `-- tenantry: allow drop-column because …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) rules: Vec<Rule>,
    /// The statement that it is for; before the first one, it is for the whole file.
    pub(crate) statement: Option<usize>,
    /// The byte where the comment begins.
    pub(crate) at: usize,
}

/// Reads the directives of a file.
pub(super) fn read(
    text: &str,
    statements: &[Statement],
    reading: Reading,
    problems: &mut Problems,
) -> Directives {
    let mut directives = Directives::default();
    let first_line = reading.first_line && text.starts_with("-- no-transaction");
    directives.transaction = !(first_line || reading.no_transaction);
    let mut at = 0;
    for index in 0..=statements.len() {
        let end = statements.get(index).map_or(text.len(), |statement| statement.range().start);
        if text[at..end].contains("tenantry") {
            let place = Place { index, count: statements.len() };
            between(text, at..end, place, &mut directives, problems);
        }
        let Some(statement) = statements.get(index) else {
            break;
        };
        within(text, statement, problems);
        at = statement.range().end;
    }
    directives
}

/// Before which statement, of how many.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    count: usize,
}

/// Reads the comments between two statements.
fn between(
    text: &str,
    range: std::ops::Range<usize>,
    place: Place,
    directives: &mut Directives,
    problems: &mut Problems,
) {
    let offset = range.start;
    for token in Lexer::new(&text[range.clone()]) {
        let token = Token { start: token.start + offset, end: token.end + offset, ..token };
        let Some(words) = words(text, token) else {
            continue;
        };
        let begin = text[..token.start].rfind('\n').map_or(0, |end| end + 1);
        if token.kind == TokenKind::BlockComment {
            problems.at(token.start, "a directive is a comment of one line: -- tenantry: …");
        } else if !text[begin..token.start].trim().is_empty() {
            let reason = "a directive stands in a line of its own, above the statement it is for";
            problems.at(token.start, reason);
        } else {
            match parse::parse(words) {
                Err(reason) => problems.at(token.start, reason),
                Ok(directive) => add(directive, token.start, place, directives, problems),
            }
        }
    }
}

/// What a comment says to us.
fn words(text: &str, token: Token) -> Option<&str> {
    let comment = token.text(text);
    let comment = match token.kind {
        TokenKind::LineComment => comment.trim_start_matches('-'),
        TokenKind::BlockComment => comment.trim_start_matches("/*").trim_end_matches("*/"),
        _ => return None,
    };
    Some(comment.trim().strip_prefix("tenantry:")?.trim())
}

/// A comment inside of a statement says nothing to us.
fn within(text: &str, statement: &Statement, problems: &mut Problems) {
    let sql = statement.text(text);
    if !sql.contains("tenantry:") {
        return;
    }
    for token in Lexer::new(sql).filter(|token| words(sql, *token).is_some()) {
        let at = statement.range().start + token.start;
        problems.in_statement(statement, at, "a directive stands above its statement, not within");
    }
}

fn add(
    directive: Directive,
    at: usize,
    place: Place,
    directives: &mut Directives,
    problems: &mut Problems,
) {
    if let Directive::Allow(rules) = directive {
        if place.index == place.count {
            problems.at(at, "no statement follows that this could be for");
        } else {
            let statement = Some(place.index).filter(|index| *index > 0);
            directives.allows.push(Allow { rules, statement, at });
        }
        return;
    }
    if place.index > 0 {
        problems.at(at, "this is about the whole file and stands above its first statement");
        return;
    }
    let is_new = match directive {
        Directive::NoTransaction => std::mem::replace(&mut directives.transaction, false),
        Directive::LockTimeout(time) => directives.lock_timeout.replace(time).is_none(),
        Directive::StatementTimeout(time) => directives.statement_timeout.replace(time).is_none(),
        Directive::Allow(_) => true,
    };
    // Another tool's own word for it may say the same.
    if !is_new && !matches!(directive, Directive::NoTransaction) {
        problems.at(at, "this is said twice");
    }
}

#[cfg(test)]
mod tests;
