//! Running one file: in one transaction with its row in the ledger, in one message.

use crate::{Failure, Migration, connection::Connection, ledger, site::Site};

/// Why a file was not applied.
#[derive(Debug)]
pub(crate) enum NotApplied {
    /// The ledger is not what it was: another runner has applied the file meanwhile, or the schema
    /// was dropped or made anew.
    LedgerChanged,
    /// It was rolled back.
    Failed(Failure),
}

/// Whether a schema has the ledger's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LedgerTable {
    There,
    /// The next file makes it, unless another runner has.
    Missing,
}

/// Applies a file in a transaction of its own.
pub(crate) async fn apply(
    connection: &mut impl Connection,
    site: &Site,
    file: &Migration,
    ledger: LedgerTable,
) -> Result<(), NotApplied> {
    let make = match ledger {
        LedgerTable::There => String::new(),
        LedgerTable::Missing => format!("{}; ", ledger::create(site)),
    };
    let before = format!("BEGIN; {}; {make}{}; ", site.lock(), site.bind());
    let ran = run(connection, site, file, &before, "; COMMIT").await;
    if ran.is_err() {
        // If the connection is lost, PostgreSQL rolls back by itself.
        let _ = connection.batch("ROLLBACK").await;
    }
    ran
}

/// Applies a file as part of a transaction that is open.
pub(crate) async fn apply_within(
    connection: &mut impl Connection,
    site: &Site,
    file: &Migration,
) -> Result<(), NotApplied> {
    run(connection, site, file, &format!("{}; ", site.bind()), "").await
}

async fn run(
    connection: &mut impl Connection,
    site: &Site,
    file: &Migration,
    before: &str,
    after: &str,
) -> Result<(), NotApplied> {
    let head = format!("{before}{};\n", ledger::claim(site, file));
    let message = format!("{head}{}\n;{}{after}", file.up().text(), ledger::complete(site, file));
    let Err(error) = connection.batch(&message).await else {
        return Ok(());
    };
    if is_taken(&error, site) || is_gone(&error, &head) {
        return Err(NotApplied::LedgerChanged);
    }
    let position = error.as_database_error().and_then(|error| error.position);
    let constraint = error.as_database_error().and_then(|error| error.constraint.clone());
    let mut failure = Failure::from(error).in_file(&file.name);
    if constraint.as_deref() == Some("applied_in_one_transaction") {
        failure.code = "MIGRATION_UNFINISHED";
        failure.message = "it ended the transaction it ran in".to_owned();
        failure.detail = None;
    } else if failure.is_unavailable() {
        failure.hint = Some("whether it was applied is in the ledger: run this again".to_owned());
    } else {
        failure.code = "MIGRATION_FAILED";
        failure.line = position.map(|position| line_of(position, &head, file.up().text()));
    }
    Err(NotApplied::Failed(failure))
}

/// Whether the ledger had the row already.
fn is_taken(error: &tenantry::Error, site: &Site) -> bool {
    error.as_database_error().is_some_and(|error| {
        error.sqlstate() == "23505" && error.table.as_ref() == Some(&site.ledger_name)
    })
}

/// Whether the schema or its ledger isn't there any more: the message fails before the file begins.
fn is_gone(error: &tenantry::Error, head: &str) -> bool {
    error.as_database_error().is_some_and(|error| {
        let within = error.position.and_then(|position| usize::try_from(position).ok());
        matches!(error.sqlstate(), "42P01" | "3F000")
            && within.is_some_and(|position| position <= head.chars().count())
    })
}

/// The line of a position in the whole message, in characters from 1.
fn line_of(position: u32, head: &str, sql: &str) -> usize {
    let before = head.chars().count() + 1;
    let within = usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(before);
    // What is wrong after the last line is something that the file left open.
    let last = sql.trim_end().chars().count();
    1 + sql.chars().take(within.min(last)).filter(|&character| character == '\n').count()
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn lines_are_counted_by_characters_and_from_the_file() {
        let head = "BEGIN;\n";
        let sql = "SELECT 'ключ';\nSELECT 1;\nSELEC 2;\n";
        let position = |text: &str| {
            let at = sql.find(text).unwrap();
            u32::try_from(head.chars().count() + sql[..at].chars().count() + 1).unwrap()
        };
        assert_eq!(line_of(position("SELECT 'ключ'"), head, sql), 1);
        assert_eq!(line_of(position("SELECT 1"), head, sql), 2);
        assert_eq!(line_of(position("SELEC 2"), head, sql), 3);
        assert_eq!(line_of(u32::MAX, head, sql), 3);
        assert_eq!(line_of(1, head, sql), 1);
    }
}
