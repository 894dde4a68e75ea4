//! What is done for a connection that came back in the middle of something.

use std::time::Duration;

use tokio_postgres::{Error, error::SqlState};

use super::{
    binding::{DISCARD, RESET},
    pg::PgConnection,
};
use crate::ConnectError;

/// How long a statement whose caller has gone may go on before it is cancelled.
const GRACE: Duration = Duration::from_millis(100);

impl PgConnection {
    /// Waits for what still runs, or cancels it; ends the transaction that is open; makes the
    /// connection neutral, and sees that it is. The caller sets the deadline.
    pub(crate) async fn clean(&mut self) -> Result<(), ConnectError> {
        let address = self.server.address();
        let failed = |error: Error| ConnectError::postgres(&address, error);
        self.busy = true;
        {
            // Answered after everything that was sent before.
            let rolled_back = self.client.batch_execute("ROLLBACK");
            tokio::pin!(rolled_back);
            match tokio::time::timeout(GRACE, &mut rolled_back).await {
                Ok(ended) => ended.map_err(failed)?,
                Err(_) => {
                    self.cancel().await?;
                    // The server has sent the signal. Should it come late, it hits this ROLLBACK
                    // or the one after it, and nothing else.
                    ignore_cancel(rolled_back.await).map_err(failed)?;
                    ignore_cancel(self.client.batch_execute("ROLLBACK").await).map_err(failed)?;
                }
            }
        }
        if self.needs_discard || self.seen.has_prepared() {
            self.client.batch_execute(DISCARD).await.map_err(failed)?;
            self.statements.clear();
            self.seen.forget_prepared();
        } else {
            self.client.batch_execute(RESET).await.map_err(failed)?;
        }
        self.drop_notifications();
        self.reset_streak();
        self.held_for = None;
        self.needs_reset = false;
        self.needs_discard = false;
        self.busy = false;
        Ok(())
    }
}

fn ignore_cancel(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => Ok(()),
        other => other,
    }
}
