//! What is done for a connection that came back in the middle of something.

use std::{io, time::Duration};

use tenantry_pool::Condition;
use tokio_postgres::{Error, SimpleQueryMessage, error::SqlState};

use super::{
    binding::{DISCARD, RESET},
    pg::{PgConnection, Residue},
};
use crate::ConnectError;

/// How long a statement whose caller has gone may go on before it is cancelled.
const GRACE: Duration = Duration::from_millis(100);

/// How many cancels a command of ours outlives. Ours sends one; others may send more.
const MAX_CANCELS: u32 = 3;

impl PgConnection {
    /// Whether somebody's code may have left something in the session, which is theirs to see while
    /// they are at it, and keeps others from a lock or a table after that.
    pub(crate) fn has_residue(&self) -> bool {
        self.residue != Residue::None || self.held_for.is_some()
    }

    /// Waits for what still runs, or cancels it; ends the transaction that is open; makes the
    /// connection neutral, and sees that it is. The caller sets the deadline.
    pub(crate) async fn clean(&mut self) -> Result<(), ConnectError> {
        let address = self.server.address();
        let failed = |error: Error| ConnectError::postgres(&address, error);
        if matches!(self.condition(), Condition::Rest { .. }) {
            self.busy = true;
            self.tally.reset();
            self.insist(&[RESET]).await.map_err(failed)?;
            self.neutral();
            self.busy = false;
            return Ok(());
        }
        self.busy = true;
        {
            // Answered after everything that was sent before.
            let rolled_back = self.client.batch_execute("ROLLBACK");
            tokio::pin!(rolled_back);
            match tokio::time::timeout(GRACE, &mut rolled_back).await {
                Ok(ended) => ignore_cancel(ended).map_err(failed)?,
                Err(_) => {
                    self.cancel().await?;
                    ignore_cancel(rolled_back.await).map_err(failed)?;
                }
            }
        }
        if self.needs_discard || self.watch.seen.has_prepared() {
            self.insist(&["ROLLBACK"]).await.map_err(failed)?;
            if self.has_looked_types_up().await.map_err(failed)? {
                // The client would go on using statements that DISCARD ALL drops.
                let cause = io::Error::other("its look-ups of types cannot be made anew");
                return Err(ConnectError::io(&address, cause));
            }
            self.insist(&[DISCARD]).await.map_err(failed)?;
            self.statements.clear();
            self.watch.prefix.set_prepared(false);
            self.watch.seen.forget_prepared();
        } else {
            self.tally.reset();
            self.insist(&["ROLLBACK", RESET]).await.map_err(failed)?;
        }
        self.drop_notifications();
        self.reset_streak();
        self.watch.prefix.set(None);
        self.neutral();
        self.needs_discard = false;
        self.busy = false;
        Ok(())
    }

    /// Whether tokio-postgres has asked for types that are no built-in ones. It prepares its questions
    /// once, and has no way to be told that they are gone.
    async fn has_looked_types_up(&self) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM pg_catalog.pg_prepared_statements \
                   WHERE NOT from_sql AND statement LIKE '%pg_catalog.pg_type%' LIMIT 1";
        let answer = self.client.simple_query(sql).await?;
        Ok(answer.iter().any(|message| matches!(message, SimpleQueryMessage::Row(_))))
    }

    /// Runs these commands, again where a cancel hits one of them that was meant for what ran
    /// before.
    async fn insist(&mut self, commands: &[&str]) -> Result<(), Error> {
        for command in commands {
            let mut tries = 0;
            while let Err(error) = self.client.batch_execute(command).await {
                tries += 1;
                if !is_cancel(&error) || tries > MAX_CANCELS {
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

fn is_cancel(error: &Error) -> bool {
    error.code() == Some(&SqlState::QUERY_CANCELED)
}

fn ignore_cancel(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if is_cancel(&error) => Ok(()),
        other => other,
    }
}
