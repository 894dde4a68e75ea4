//! A file that refuses a transaction (`CREATE INDEX CONCURRENTLY`): its row is claimed first, and
//! counts the statements that are done.
//!
//! Each statement is tried in a transaction with the count, so that it is done and counted, or
//! neither; one that PostgreSQL refuses to run so runs by itself, and is counted afterwards. When
//! the runner dies between the two, that statement is run again: an index that it left behind
//! unfinished is dropped before, and one that it finished counts.
//!
//! What undoes such a file is run the same way; its row counts, too, and goes at last.

use tenantry::SharedSession;

use super::{NotApplied, Opening, Terms, sort};
use crate::{
    guard, ledger,
    message::{self, Message, Spot},
    step::{Body, Step},
};

/// PostgreSQL refuses to run this in a transaction.
const NOT_IN_A_TRANSACTION: [&str; 2] = ["25001", "2D000"];

/// Applies a file statement by statement, after those that are done.
pub(crate) async fn apply_alone(
    session: &mut SharedSession,
    terms: &Terms<'_>,
    (step, body): (&Step, &Body<'_>),
    opening: Opening,
    done: Option<usize>,
) -> Result<(), NotApplied> {
    let mut open = Message::default();
    terms.open(&mut open, opening);
    if done.is_none() {
        open.ours(&ledger::claim_alone(terms.site, step.row()));
    }
    open.ours("COMMIT");
    if let Err(error) = session.batch_counted(open.sql()).await {
        let _ = session.batch_execute("ROLLBACK").await;
        return Err(match terms.explain(&open, error) {
            NotApplied::Failed(failure) => NotApplied::Failed(failure.in_file(body.name())),
            other => other,
        });
    }
    let mut first = done.is_some();
    let statements: Vec<&str> = body.statements().collect();
    for (index, statement) in statements.iter().enumerate().skip(done.unwrap_or(0)) {
        let run = Alone { terms, step, body, index, statement, again: std::mem::take(&mut first) };
        run.run(session).await?;
    }
    let mut close = Message::default();
    close.ours("RESET SESSION AUTHORIZATION");
    close.ours("RESET ALL");
    close.ours(&ledger::complete_alone(terms.site, step.number));
    session.batch_counted(close.sql()).await.map_err(|error| terms.explain(&close, error))
}

/// Undoes a migration statement by statement, after those that are done, then takes its row away.
pub(crate) async fn undo_alone(
    session: &mut SharedSession,
    terms: &Terms<'_>,
    (step, body): (&Step, &Body<'_>),
    opening: Opening,
    done: Option<usize>,
) -> Result<(), NotApplied> {
    let mut open = Message::default();
    terms.open(&mut open, opening);
    open.ours(&ledger::claim_down(terms.site, step.number));
    // From here on it counts as being undone.
    open.ours(&ledger::advance(terms.site, step.number, done.unwrap_or(0)));
    open.ours("COMMIT");
    if let Err(error) = session.batch_counted(open.sql()).await {
        let _ = session.batch_execute("ROLLBACK").await;
        return Err(terms.explain(&open, error));
    }
    let mut first = done.is_some();
    let statements: Vec<&str> = body.statements().collect();
    for (index, statement) in statements.iter().enumerate().skip(done.unwrap_or(0)) {
        let run = Alone { terms, step, body, index, statement, again: std::mem::take(&mut first) };
        run.run(session).await?;
    }
    let mut close = Message::default();
    close.ours("RESET SESSION AUTHORIZATION");
    close.ours("RESET ALL");
    close.ours(&ledger::forget(terms.site, step.number));
    session.batch_counted(close.sql()).await.map_err(|error| terms.explain(&close, error))
}

/// One statement.
struct Alone<'a> {
    terms: &'a Terms<'a>,
    step: &'a Step,
    body: &'a Body<'a>,
    index: usize,
    statement: &'a str,
    /// Whether it may have been done already, and not been counted.
    again: bool,
}

impl Alone<'_> {
    async fn run(&self, session: &mut SharedSession) -> Result<(), NotApplied> {
        match self.in_transaction(session).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                let refused =
                    error.sqlstate().is_some_and(|state| NOT_IN_A_TRANSACTION.contains(&state));
                if !refused {
                    return Err(self.failed(error));
                }
            }
        }
        self.bind(session).await.map_err(|error| self.failed(error))?;
        self.drop_leftovers(session).await.map_err(|error| self.failed(error))?;
        if let Err(error) = session.batch_execute(self.statement).await
            && !self.was_done(&error)
        {
            let failed = self.failed(error);
            // What it has left behind is in nobody's way, and is gone before the next attempt.
            if let Err(error) = self.drop_leftovers(session).await {
                tracing::debug!(%error, "an invalid index could not be dropped");
            }
            return Err(failed);
        }
        if self.again {
            self.drop_duplicate(session).await.map_err(|error| self.failed(error))?;
        }
        let count = ledger::advance(self.terms.site, self.step.number, self.index + 1);
        let count = format!("RESET ALL; {count}");
        session.batch_execute(&count).await.map_err(|error| self.failed(error))
    }

    /// In a transaction with its count.
    async fn in_transaction(&self, session: &mut SharedSession) -> tenantry::Result<()> {
        let terms = self.terms;
        let mut before = Message::default();
        before.ours("BEGIN");
        terms.bind(&mut before, Some(self.body));
        let is_opaque = self.body.is_opaque_at(self.index);
        terms.enter(&mut before, is_opaque);
        let mut after = Message::default();
        terms.leave(&mut after, is_opaque);
        after.ours(&ledger::advance(terms.site, self.step.number, self.index + 1));
        after.ours("COMMIT");
        let ran = async {
            session.batch_execute(before.sql()).await?;
            // Alone in its message, for its position.
            session.batch_execute(self.statement).await?;
            session.batch_execute(after.sql()).await
        };
        let ran = ran.await;
        if ran.is_err() {
            let _ = session.batch_execute("ROLLBACK").await;
        }
        ran
    }

    /// Gives the session the tenant's names: there is no transaction to give them to.
    async fn bind(&self, session: &mut SharedSession) -> tenantry::Result<()> {
        let mut bind = Message::default();
        self.terms.bind(&mut bind, Some(self.body));
        self.terms.take_role(&mut bind);
        session.batch_execute(&bind.sql().replace("SET LOCAL ", "SET SESSION ")).await
    }

    /// Drops the invalid indexes that an attempt at this statement has left.
    async fn drop_leftovers(&self, session: &mut SharedSession) -> tenantry::Result<()> {
        let words = self.statement.to_ascii_lowercase();
        if !words.contains("index") || !words.contains("concurrently") {
            return Ok(());
        }
        for index in invalid_indexes(session, &self.terms.site.schema, &words).await? {
            tracing::warn!(index, "an index that was not finished is dropped");
            session.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}")).await?;
        }
        Ok(())
    }

    /// An index without a name gets another one when it is made again: where it had been finished
    /// and not been counted, only the first stays, however often that has happened.
    async fn drop_duplicate(&self, session: &mut SharedSession) -> tenantry::Result<()> {
        let words = self.statement.to_ascii_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        if !matches!(
            words.as_slice(),
            ["create", "index", "concurrently", "on", ..]
                | ["create", "unique", "index", "concurrently", "on", ..]
        ) {
            return Ok(());
        }
        let schema = ledger::literal(&self.terms.site.schema);
        let sql = format!(
            "SELECT pg_catalog.format('%I.%I', n.nspname, i.relname) FROM pg_catalog.pg_index x \
             JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace \
             JOIN pg_catalog.pg_class newest ON newest.oid = (SELECT max(l.oid) \
             FROM pg_catalog.pg_class l WHERE l.relnamespace = n.oid AND l.relkind = 'i') \
             JOIN pg_catalog.pg_index made ON made.indexrelid = newest.oid \
             WHERE n.nspname = {schema} AND x.indisvalid AND x.indrelid = made.indrelid \
             AND pg_catalog.rtrim(i.relname, '0123456789') \
             = pg_catalog.rtrim(newest.relname, '0123456789') \
             AND EXISTS (SELECT FROM pg_catalog.pg_index y WHERE y.indrelid = x.indrelid \
             AND y.indexrelid < x.indexrelid AND y.indisvalid \
             AND y.indisunique = x.indisunique AND y.indkey::text = x.indkey::text \
             AND y.indclass::text = x.indclass::text AND y.indoption::text = x.indoption::text \
             AND y.indcollation::text = x.indcollation::text \
             AND pg_catalog.pg_get_expr(y.indpred, y.indrelid) IS NOT DISTINCT FROM \
             pg_catalog.pg_get_expr(x.indpred, x.indrelid) \
             AND pg_catalog.pg_get_expr(y.indexprs, y.indrelid) IS NOT DISTINCT FROM \
             pg_catalog.pg_get_expr(x.indexprs, x.indrelid))"
        );
        for row in session.query_once(&sql).await? {
            let index: String = row.get(0);
            tracing::info!(index, "it had been made already");
            session.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}")).await?;
        }
        Ok(())
    }

    /// Whether an error says that the statement was done already, and only not counted.
    fn was_done(&self, error: &tenantry::Error) -> bool {
        let words = self.statement.to_ascii_lowercase();
        self.again
            && words.contains("index")
            && match error.sqlstate() {
                // The index is there, and valid: an invalid one would have been dropped.
                Some("42P07") => words.trim_start().starts_with("create"),
                // It is gone.
                Some("42704") => words.trim_start().starts_with("drop"),
                _ => false,
            }
    }

    fn failed(&self, error: tenantry::Error) -> NotApplied {
        let caught = error.as_database_error().and_then(|error| guard::caught(&error.message));
        if let Some(failure) = caught {
            return NotApplied::Failed(failure.in_file(self.body.name()));
        }
        let position = error.as_database_error().and_then(|error| error.position);
        let position = position.and_then(|position| usize::try_from(position).ok());
        let spot = match position {
            Some(position) => Spot::Position(self.body.offset(self.index) + position),
            None => Spot::Statement(self.index),
        };
        match sort(message::failure(error, self.body, spot)) {
            NotApplied::Failed(failure) if failure.hint.is_none() => {
                let done = match self.index {
                    0 => "none of its statements is done".to_owned(),
                    1 => "its first statement is done".to_owned(),
                    done => format!("its first {done} statements are done"),
                };
                NotApplied::Failed(failure.hint(format!(
                    "{done}: it runs without a transaction, and goes on from here when it runs \
                     again"
                )))
            }
            other => other,
        }
    }
}

/// The invalid indexes of a schema whose table or own name is in a text, quoted and qualified; but
/// not those that are being made just now.
pub(crate) async fn invalid_indexes(
    session: &mut SharedSession,
    schema: &str,
    text: &str,
) -> tenantry::Result<Vec<String>> {
    let schema = ledger::literal(schema);
    let text = ledger::literal(text);
    let sql = format!(
        "SELECT pg_catalog.format('%I.%I', n.nspname, i.relname) \
         FROM pg_catalog.pg_index x \
         JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i' \
         JOIN pg_catalog.pg_class t ON t.oid = x.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace \
         WHERE NOT x.indisvalid AND n.nspname = {schema} \
         AND (pg_catalog.strpos({text}, pg_catalog.lower(i.relname)) > 0 \
         OR pg_catalog.strpos({text}, pg_catalog.lower(t.relname)) > 0) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p \
         WHERE p.index_relid = i.oid)"
    );
    // Not prepared: the session keeps nothing from one tenant to the next.
    let rows = session.query_once(&sql).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
