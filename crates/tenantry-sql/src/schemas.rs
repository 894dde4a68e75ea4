//! Which schemas a statement names.

mod walk;

use std::{borrow::Cow, collections::HashSet};

use self::walk::Walk;
use crate::{Kind, Lexer, Statement, Token, TokenKind, routine};

/// A schema that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaName<'a> {
    /// The name as PostgreSQL reads it: folded, or without its quotes.
    pub name: Cow<'a, str>,
    /// The byte of the script where it stands.
    pub at: usize,
}

/// The schemas that a statement names, in the order of their places.
///
/// - the first part of what is written with a period: a table, function, type, sequence. Of `a.b` in an expression, `a` is
///   not taken for a schema where the statement has that name without a period, too: then it is a table's, or an alias;
/// - what follows `SCHEMA`, and what a function's `SET search_path` lists;
/// - in strings that PostgreSQL reads as names (`'a.b'::regclass`, `nextval('a.b')`);
/// - all of these in the bodies of functions and of `DO`, where they are SQL or PL/pgSQL.
///
/// What is put together when it runs (`EXECUTE format(…)`) is not found.
#[must_use]
pub fn schemas<'a>(sql: &'a str, statement: &Statement) -> Vec<SchemaName<'a>> {
    let mut found = Vec::new();
    let range = statement.range();
    collect(&sql[range.clone()], range.start, &mut found);
    if matches!(statement.kind(), Kind::Do | Kind::CreateRoutine) {
        for body in routine::bodies(sql, statement) {
            match &body.text {
                Cow::Borrowed(text) => collect(text, body.at, &mut found),
                // Its places are not those of the script.
                Cow::Owned(text) => {
                    let mut within = Vec::new();
                    collect(text, 0, &mut within);
                    found.extend(within.into_iter().map(|schema| SchemaName {
                        name: Cow::Owned(schema.name.into_owned()),
                        at: body.at,
                    }));
                }
            }
        }
    }
    found.sort_by_key(|schema| schema.at);
    found
}

/// A name that may be a schema's.
struct Candidate<'a> {
    schema: SchemaName<'a>,
    is_certain: bool,
}

fn collect<'a>(text: &'a str, offset: usize, found: &mut Vec<SchemaName<'a>>) {
    let mut walk = Walk::new(text);
    for token in Lexer::new(text).filter(|token| !token.kind.is_blank()) {
        walk.take(token);
    }
    let candidates = walk.finish();
    let uncertain: HashSet<Cow<'_, str>> = candidates
        .iter()
        .filter(|candidate| !candidate.is_certain)
        .map(|candidate| candidate.schema.name.clone())
        .collect();
    let alone = if uncertain.is_empty() { HashSet::new() } else { alone(text, &uncertain) };
    found.extend(
        candidates
            .into_iter()
            .filter(|candidate| candidate.is_certain || !alone.contains(&candidate.schema.name))
            .map(|Candidate { schema, .. }| SchemaName { at: schema.at + offset, ..schema }),
    );
}

/// Those of the names which stand somewhere without a period after them.
fn alone<'a>(text: &'a str, names: &HashSet<Cow<'a, str>>) -> HashSet<Cow<'a, str>> {
    let mut found = HashSet::new();
    let mut last: Option<Cow<'a, str>> = None;
    for token in Lexer::new(text).filter(|token| !token.kind.is_blank()) {
        let is_period = token.kind == TokenKind::Punctuation && token.text(text) == ".";
        found.extend(last.take().filter(|_| !is_period));
        last = name(text, token).filter(|name| names.contains(name));
    }
    found.extend(last);
    found
}

fn name(text: &str, token: Token) -> Option<Cow<'_, str>> {
    if token.kind.is_name() { token.name(text) } else { None }
}

#[cfg(test)]
mod tests;
