//! What a migration must not hold.

mod settings;

use tenantry_sql::{Kind, Lexer, Statement, TokenKind};

use super::{Directives, problem::Problems};

/// Tells what of a statement cannot be part of a migration.
pub(super) fn check(
    text: &str,
    statement: &Statement,
    directives: &Directives,
    problems: &mut Problems,
) {
    if let Some(reason) = by_kind(text, statement, directives) {
        problems.in_statement(statement, statement.range().start, reason);
        return;
    }
    settings::check(text, statement, problems);
    let backslash =
        Lexer::new(statement.text(text)).find(|token| token.kind == TokenKind::Backslash);
    if let Some(token) = backslash {
        problems.in_statement(statement, statement.range().start + token.start, PSQL);
    }
}

const PSQL: &str = "this is a command to psql, which PostgreSQL does not know; write SQL";

fn by_kind(text: &str, statement: &Statement, directives: &Directives) -> Option<String> {
    let words = || first_words(text, statement);
    let in_transaction = directives.transaction;
    let reason = match statement.kind() {
        Kind::TransactionControl if in_transaction => format!(
            "{} is not allowed in a migration: each file runs in one transaction, together with its \
             row in the ledger; take it away",
            words()
        ),
        Kind::TransactionControl | Kind::Savepoint if !in_transaction => format!(
            "{} is not allowed in a file with no-transaction: each of its statements runs by itself; \
             put what belongs together into a file of its own, which is one transaction",
            words()
        ),
        Kind::CopyFromStdin => {
            "COPY … FROM STDIN needs psql, which sends the data; write INSERT statements (pg_dump \
             --inserts does)"
                .to_owned()
        }
        Kind::Psql => PSQL.to_owned(),
        Kind::ServerWide => format!(
            "{} is not about one schema, and would run again for each tenant; do it once, outside of \
             the migrations",
            words()
        ),
        kind if kind.refuses_a_transaction() && in_transaction => format!(
            "{} cannot run in a transaction, which each file is; put it into a file of its own that \
             begins with the line: -- tenantry: no-transaction",
            name(kind)
        ),
        _ => return None,
    };
    Some(reason)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::CreateIndexConcurrently => "CREATE INDEX CONCURRENTLY",
        Kind::DropIndexConcurrently => "DROP INDEX CONCURRENTLY",
        Kind::ReindexConcurrently => "REINDEX CONCURRENTLY",
        Kind::DetachConcurrently => "DETACH PARTITION CONCURRENTLY",
        Kind::Vacuum => "VACUUM",
        _ => "this",
    }
}

/// The words that tell what a statement is, such as `ALTER SYSTEM`.
fn first_words(text: &str, statement: &Statement) -> String {
    let sql = statement.text(text);
    let mut words = Lexer::new(sql)
        .filter(|token| !token.kind.is_blank())
        .map(|token| token.text(sql).to_ascii_uppercase());
    let first = words.next().unwrap_or_default();
    match (first.as_str(), words.next()) {
        ("PREPARE" | "START" | "CREATE" | "ALTER" | "DROP" | "REINDEX", Some(second)) => {
            format!("{first} {second}")
        }
        _ => first,
    }
}
