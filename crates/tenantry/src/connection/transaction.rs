//! Several statements in one transaction.

use futures_util::{TryStreamExt, join, pin_mut};
use tokio_postgres::{SimpleQueryMessage, types::Type};

use super::{
    binding::{Binding, COMMIT_AND_RESET, RESET, ROLLBACK_AND_RESET},
    pg::{PgConnection, Residue, RunError},
    query::{Output, Query},
    run,
};

impl PgConnection {
    /// Opens a transaction that speaks for a target.
    ///
    /// Dropping the future leaves the connection [unclean](tenantry_pool::Condition::Unclean), and
    /// so does dropping the transaction later without ending it.
    pub(crate) async fn begin(&mut self, binding: &Binding) -> Result<(), RunError> {
        let target = binding.target();
        let begin = binding.begin();
        self.note_use(binding);
        self.changed = false;
        self.busy = true;
        let reset = self.needs_reset_for(target);
        if reset || !self.is_held_for(target) {
            self.note_binding(reset);
        }
        if reset {
            // Two messages, since a reset inside of the transaction could be rolled back with it.
            let (reset, begun) =
                join!(self.client.batch_execute(RESET), self.client.batch_execute(&begin));
            reset.and(begun).map_err(RunError::Bind)?;
            self.neutral();
        } else {
            let sql = if self.is_held_for(target) { "BEGIN" } else { &begin };
            self.client.batch_execute(sql).await.map_err(RunError::Bind)?;
        }
        self.residue = Residue::Of(target);
        self.busy = false;
        Ok(())
    }

    /// Runs a statement in the open transaction, or in the session.
    pub(crate) async fn run_inside(
        &mut self,
        binding: &Binding,
        query: &Query<'_>,
    ) -> Result<Output, RunError> {
        let plan = self.plan(binding, query);
        self.busy = true;
        let (is_plain, ran) = self.execute(binding, query, plan).await;
        self.busy = false;
        self.changed |= !is_plain;
        let ran = ran.map_err(RunError::Statement);
        self.note_dropped(Some(query), &ran);
        self.whole(ran)
    }

    /// Has PostgreSQL read a statement and look up what it names, without running it.
    pub(crate) async fn analyse(&mut self, sql: &str) -> Result<Vec<Type>, RunError> {
        self.busy = true;
        let discard = std::mem::replace(&mut self.needs_discard, true);
        let prepared = self.client.prepare(sql).await;
        self.needs_discard = discard;
        self.busy = false;
        let statement = prepared.map_err(RunError::Statement)?;
        Ok(statement.params().to_vec())
    }

    /// Runs several statements in the open transaction, or in the session.
    pub(crate) async fn batch_inside(&mut self, sql: &str) -> Result<(), RunError> {
        self.changed = true;
        let ran = self.control(sql).await;
        self.note_dropped(None, &ran);
        ran
    }

    /// Runs several statements in the session, and says with an error how many had been done.
    pub(crate) async fn batch_counted(&mut self, sql: &str) -> Result<(), (RunError, usize)> {
        self.changed = true;
        self.busy = true;
        let mut done = 0;
        let ran = self.count_batch(sql, &mut done).await;
        self.busy = false;
        ran.map_err(|error| (RunError::Statement(error), done))
    }

    async fn count_batch(&self, sql: &str, done: &mut usize) -> Result<(), tokio_postgres::Error> {
        let answers = self.client.simple_query_raw(sql).await?;
        pin_mut!(answers);
        while let Some(answer) = answers.try_next().await? {
            if let SimpleQueryMessage::CommandComplete(_) = answer {
                *done += 1;
            }
        }
        Ok(())
    }

    /// Runs one of our own commands (SAVEPOINT and its like) in the open transaction.
    pub(crate) async fn control(&mut self, sql: &str) -> Result<(), RunError> {
        self.busy = true;
        let ran = self.client.batch_execute(sql).await;
        self.busy = false;
        ran.map_err(RunError::Statement)
    }

    /// Commits the open transaction. A transaction in a failed state is rolled back:
    /// [`RunError::RolledBack`].
    pub(crate) async fn commit(&mut self) -> Result<(), RunError> {
        self.finish("COMMIT", COMMIT_AND_RESET).await?;
        if self.watch.seen.was_rolled_back() { Err(RunError::RolledBack) } else { Ok(()) }
    }

    /// Rolls the open transaction back.
    pub(crate) async fn rollback(&mut self) -> Result<(), RunError> {
        self.finish("ROLLBACK", ROLLBACK_AND_RESET).await
    }

    /// Ends the transaction. A session that its code has changed is reset in the same message.
    async fn finish(&mut self, plain: &str, with_reset: &str) -> Result<(), RunError> {
        let seen = &self.watch.seen;
        let reset = self.is_pooled || self.changed;
        self.busy = true;
        let ended = if reset {
            self.tally.reset();
            let end = run::end(&self.client, seen, with_reset).await;
            self.ended(end.reset);
            self.reset_streak();
            end.committed
        } else {
            self.client.batch_execute(plain).await
        };
        self.busy = false;
        ended.map_err(RunError::Statement)
    }
}
