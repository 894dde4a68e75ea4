use std::sync::Arc;

use tenantry_sql::{Kind, Lexer, Statement};

use super::{Directives, Location, MARK, Parts, Script, placeholders};

/// What came of reading a file: the script, and everything that is wrong with it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) script: Script,
    pub(crate) problems: Vec<Problem>,
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) location: Option<Location>,
    pub(crate) reason: String,
}

impl Script {
    /// Reads a file's text.
    pub(crate) fn read(text: String) -> Reading {
        let (text, marked) = match text.strip_prefix(MARK) {
            Some(rest) => (rest.to_owned(), true),
            None => (text, false),
        };
        let mut parts = Parts { marked, directives: Directives::default(), ..Parts::default() };
        let mut problems = Vec::new();
        for statement in tenantry_sql::statements(&text) {
            if let Some(reason) = refusal(&statement, &text) {
                let start = statement.range().start;
                let location = Some(Location::in_text(&text, start, start));
                problems.push(Problem { location, reason });
            }
            for token in Lexer::new(statement.text(&text)) {
                let offset = statement.range().start;
                placeholders::in_token(
                    statement.text(&text),
                    token,
                    offset,
                    &mut parts.placeholders,
                );
            }
            parts.opaque |= statement.kind().is_opaque();
            parts.statements.push(statement);
        }
        if parts.statements.is_empty() {
            let reason = "it holds no statement; write one, or take the file away".to_owned();
            problems.push(Problem { location: None, reason });
        }
        parts.text = text;
        Reading { script: Script(Arc::new(parts)), problems }
    }
}

/// Why a statement cannot be part of a migration.
fn refusal(statement: &Statement, text: &str) -> Option<String> {
    match statement.kind() {
        Kind::TransactionControl => {
            let word = statement.text(text).split_whitespace().next().unwrap_or_default();
            let word = word.to_ascii_uppercase();
            let word = if word == "PREPARE" { "PREPARE TRANSACTION".to_owned() } else { word };
            Some(format!(
                "{word} is not allowed in a migration: each file runs in one transaction, together \
                 with its row in the ledger"
            ))
        }
        Kind::CopyFromStdin => Some(
            "COPY … FROM STDIN needs psql; write INSERT statements (pg_dump --inserts does)"
                .to_owned(),
        ),
        _ => None,
    }
}
