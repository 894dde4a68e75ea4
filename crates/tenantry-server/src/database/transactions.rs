//! `db.transaction`.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tenantry::{Answer, Bounds, Transaction, TypedParam};
use tokio::{
    sync::{Mutex, MutexGuard},
    task::AbortHandle,
};

use super::{error::DbError, limits::Place};

/// A transaction that is open, with those nested in it.
#[derive(Debug)]
pub(super) struct Open {
    inner: Mutex<Option<Inner>>,
}

#[derive(Debug)]
struct Inner {
    transaction: Transaction,
    /// The numbers of the transaction and of those nested in it, the innermost last.
    levels: Vec<u64>,
    _place: Place,
    _deadline: Deadline,
}

/// What ends a transaction that is open for too long. Ends with it.
#[derive(Debug)]
struct Deadline(AbortHandle);

impl Drop for Deadline {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How a transaction, or one nested in it, ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Commit,
    Rollback,
}

impl Open {
    /// Keeps a transaction for so long at most.
    pub(super) fn new(
        transaction: Transaction,
        number: u64,
        place: Place,
        time: Duration,
    ) -> Arc<Self> {
        Arc::new_cyclic(|open: &Weak<Self>| {
            let open = Weak::clone(open);
            let deadline = tokio::spawn(async move {
                tokio::time::sleep(time).await;
                if let Some(open) = open.upgrade() {
                    // A statement under way has a timeout of its own.
                    let late = open.inner.lock().await.take();
                    drop(late);
                }
            });
            let _deadline = Deadline(deadline.abort_handle());
            let levels = vec![number];
            Self {
                inner: Mutex::new(Some(Inner { transaction, levels, _place: place, _deadline })),
            }
        })
    }

    /// Rolls back, if it is still open.
    pub(super) async fn close(&self) {
        drop(self.inner.lock().await.take());
    }

    /// Runs a statement in the transaction of this number. It is rolled back where that takes too long.
    pub(super) async fn run(
        &self,
        number: u64,
        timeout: Duration,
        sql: &str,
        params: &[TypedParam],
        bounds: Bounds,
    ) -> Result<Answer, DbError> {
        let mut inner = self.lock(number).await?;
        let Some(open) = inner.as_mut() else { return Err(ended()) };
        let ran = open.transaction.answer(sql, params, bounds);
        let ran = match tokio::time::timeout(timeout, ran).await {
            Ok(ran) => ran.map_err(DbError::from),
            Err(_) => Err(too_slow()),
        };
        if let Err(error) = &ran
            && ["QUERY_TIMEOUT", "RESULT_TOO_LARGE", "DATABASE_UNAVAILABLE"].contains(&error.code())
        {
            // What was sent has not ended.
            drop(inner.take());
        }
        ran
    }

    /// Opens one nested in that of this number.
    pub(super) async fn nest(
        &self,
        number: u64,
        nested: u64,
        timeout: Duration,
    ) -> Result<(), DbError> {
        let mut inner = self.lock(number).await?;
        let Some(open) = inner.as_mut() else { return Err(ended()) };
        match tokio::time::timeout(timeout, open.transaction.savepoint()).await {
            Ok(saved) => {
                saved?;
            }
            Err(_) => {
                drop(inner.take());
                return Err(too_slow());
            }
        }
        open.levels.push(nested);
        Ok(())
    }

    /// Ends that of this number.
    pub(super) async fn end(
        &self,
        number: u64,
        end: End,
        timeout: Duration,
    ) -> Result<(), DbError> {
        let mut inner = self.lock(number).await?;
        let is_outermost = inner.as_ref().is_some_and(|open| open.levels.len() == 1);
        if is_outermost {
            let Some(open) = inner.take() else { return Err(ended()) };
            drop(inner);
            let ended = async {
                match end {
                    End::Commit => open.transaction.commit().await,
                    End::Rollback => open.transaction.rollback().await,
                }
            };
            return match tokio::time::timeout(timeout, ended).await {
                Ok(ended) => Ok(ended?),
                Err(_) => Err(too_slow()),
            };
        }
        let Some(open) = inner.as_mut() else { return Err(ended()) };
        open.levels.pop();
        let sql = match end {
            End::Commit => "RELEASE SAVEPOINT tenantry",
            End::Rollback => "ROLLBACK TO SAVEPOINT tenantry; RELEASE SAVEPOINT tenantry",
        };
        match tokio::time::timeout(timeout, open.transaction.batch_execute(sql)).await {
            Ok(ended) => Ok(ended?),
            Err(_) => {
                drop(inner.take());
                Err(too_slow())
            }
        }
    }

    async fn lock(&self, number: u64) -> Result<MutexGuard<'_, Option<Inner>>, DbError> {
        let inner = self.inner.lock().await;
        match inner.as_ref() {
            None => Err(ended()),
            Some(open) if open.levels.last() == Some(&number) => Ok(inner),
            Some(open) if open.levels.contains(&number) => Err(DbError::new(
                "TRANSACTION_NESTED",
                "a transaction nested in this one is open: await it first, and use its own tx in it",
            )),
            Some(_) => Err(ended()),
        }
    }
}

fn ended() -> DbError {
    DbError::new(
        "TRANSACTION_ENDED",
        "the transaction has ended: its time was over, or it was awaited already",
    )
}

fn too_slow() -> DbError {
    DbError::new("QUERY_TIMEOUT", "the statement took longer than limits.query_time")
        .with_status(504)
}
