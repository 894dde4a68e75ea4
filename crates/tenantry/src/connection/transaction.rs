//! Several statements in one transaction.

use super::{
    binding::{Binding, COMMIT_AND_RESET, ROLLBACK_AND_RESET},
    pg::{PgConnection, RunError},
    query::{Output, Query},
    run,
};

impl PgConnection {
    /// Opens a transaction that speaks for a target.
    ///
    /// Dropping the future leaves the connection [unclean](tenantry_pool::Condition::Unclean), and
    /// so does dropping the transaction later without ending it.
    pub(crate) async fn begin(&mut self, binding: &Binding) -> Result<(), RunError> {
        self.note_use(binding);
        self.leave_others(binding).await?;
        let held = self.held_for == Some(binding.target());
        self.busy = true;
        let sql = if held { "BEGIN" } else { binding.begin() };
        self.client.batch_execute(sql).await.map_err(RunError::Bind)?;
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
        let changes = self.seen.session_changes();
        self.busy = true;
        let (may_change, ran) = self.execute(binding, query, plan).await;
        self.busy = false;
        if self.held_for.is_some() {
            self.look_for_changes(changes, may_change);
        }
        ran.map_err(RunError::Statement)
    }

    /// Runs several statements in the open transaction, or in the session.
    pub(crate) async fn batch_inside(&mut self, sql: &str) -> Result<(), RunError> {
        self.busy = true;
        let ran = self.client.batch_execute(sql).await;
        self.busy = false;
        // What is in a batch is not known well enough to go on holding.
        self.needs_reset |= self.held_for.is_some();
        ran.map_err(RunError::Statement)
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
        if self.seen.was_rolled_back() { Err(RunError::RolledBack) } else { Ok(()) }
    }

    /// Rolls the open transaction back.
    pub(crate) async fn rollback(&mut self) -> Result<(), RunError> {
        self.finish("ROLLBACK", ROLLBACK_AND_RESET).await
    }

    async fn finish(&mut self, held: &str, neutral: &str) -> Result<(), RunError> {
        let is_held = self.held_for.is_some();
        self.busy = true;
        let end = run::end(&self.client, &self.seen, if is_held { held } else { neutral }).await;
        self.busy = false;
        self.needs_reset |= !end.reset;
        end.committed.map_err(RunError::Statement)
    }
}
