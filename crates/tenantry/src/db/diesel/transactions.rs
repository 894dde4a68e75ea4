use diesel::{QueryResult, connection::TransactionManagerStatus, result::Error as DieselError};
use diesel_async::{AsyncConnection, TransactionManager};

use super::{SharedDb, TenantDb, errors::to_diesel, state::DieselState};
use crate::access::Access;

/// Begins, nests and ends a handle's transactions: the outermost on a connection that is checked
/// out for it, those inside as savepoints.
#[derive(Debug)]
pub struct TenantTransactions {
    _private: (),
}

/// The two halves of a handle, to be borrowed side by side.
pub(super) trait Halves: Send {
    fn halves(&mut self) -> (&Access, &mut DieselState);
}

impl Halves for TenantDb {
    fn halves(&mut self) -> (&Access, &mut DieselState) {
        self.split()
    }
}

impl Halves for SharedDb {
    fn halves(&mut self) -> (&Access, &mut DieselState) {
        self.split()
    }
}

async fn begin(access: &Access, state: &mut DieselState) -> QueryResult<()> {
    state.leave_abandoned();
    let depth = state.depth()?;
    if depth == 0 {
        let lease = access.begin().await.map_err(to_diesel)?;
        state.enter(lease);
        return Ok(());
    }
    control(access, state, &format!("SAVEPOINT tenantry_{depth}")).await?;
    state.deepen()
}

async fn commit(access: &Access, state: &mut DieselState) -> QueryResult<()> {
    match state.depth()? {
        0 => Err(DieselError::NotInTransaction),
        1 => {
            let is_whole = state.open().map(|_| ());
            let Some(lease) = state.ending() else {
                return Err(DieselError::NotInTransaction);
            };
            let ended = match is_whole {
                Ok(()) => crate::db::transaction::commit(access, lease).await,
                Err(error) => {
                    let _ = lease.rollback().await;
                    state.leave();
                    return Err(to_diesel(error));
                }
            };
            state.leave();
            ended.map_err(to_diesel)
        }
        depth => {
            let sql = format!("RELEASE SAVEPOINT tenantry_{}", depth - 1);
            control(access, state, &sql).await?;
            state.rise()
        }
    }
}

async fn rollback(access: &Access, state: &mut DieselState) -> QueryResult<()> {
    match state.depth()? {
        0 => Err(DieselError::NotInTransaction),
        1 => {
            let Some(lease) = state.ending() else {
                return Err(DieselError::NotInTransaction);
            };
            let ended = lease.rollback().await.map_err(|error| access.explain(error, lease));
            state.leave();
            ended.map_err(to_diesel)
        }
        depth => {
            let name = format!("tenantry_{}", depth - 1);
            let sql = format!("ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}");
            let ended = control(access, state, &sql).await;
            state.rise()?;
            ended
        }
    }
}

async fn control(access: &Access, state: &mut DieselState, sql: &str) -> QueryResult<()> {
    let lease = state.open().map_err(to_diesel)?.ok_or(DieselError::NotInTransaction)?;
    let ran = lease.control(sql).await;
    ran.map_err(|error| to_diesel(access.explain(error, lease)))
}

impl<C> TransactionManager<C> for TenantTransactions
where
    C: AsyncConnection<TransactionManager = Self> + Halves,
{
    type TransactionStateData = TransactionManagerStatus;

    async fn begin_transaction(conn: &mut C) -> QueryResult<()> {
        let (access, state) = conn.halves();
        begin(access, state).await
    }

    async fn rollback_transaction(conn: &mut C) -> QueryResult<()> {
        let (access, state) = conn.halves();
        rollback(access, state).await
    }

    async fn commit_transaction(conn: &mut C) -> QueryResult<()> {
        let (access, state) = conn.halves();
        commit(access, state).await
    }

    fn transaction_manager_status_mut(conn: &mut C) -> &mut TransactionManagerStatus {
        &mut conn.halves().1.status
    }

    #[expect(clippy::manual_async_fn, reason = "an async fn could not say that it is Send")]
    fn transaction<'a, 'conn, F, R, E>(
        conn: &'conn mut C,
        callback: F,
    ) -> impl Future<Output = Result<R, E>> + Send + 'conn
    where
        for<'r> F: AsyncFnOnce(&'r mut C) -> Result<R, E>
            + SendFn<&'r mut C, Result<R, E>, Fut: Send>
            + Send
            + 'a,
        E: From<DieselError> + Send,
        R: Send,
        'a: 'conn,
    {
        async move {
            let callback = callback;
            Self::begin_transaction(conn).await?;
            // Dropped while the callback runs, or while the transaction ends, it is abandoned.
            let watch = conn.halves().1.watch();
            let result = match callback(&mut *conn).await {
                Ok(value) => Self::commit_transaction(conn).await.map(|()| value).map_err(E::from),
                Err(user_error) => match Self::rollback_transaction(conn).await {
                    Ok(()) | Err(DieselError::BrokenTransactionManager) => Err(user_error),
                    Err(rollback_error) => Err(rollback_error.into()),
                },
            };
            if let Some(watch) = watch {
                watch.done();
            }
            result
        }
    }
}

/// An async closure whose future is `Send`: the bound that diesel-async sets on the closures of
/// transactions, under a name of our own, since its own is private.
pub trait SendFn<T, R>: AsyncFnOnce(T) -> R + FnOnce(T) -> <Self as SendFn<T, R>>::Fut {
    /// The future.
    type Fut: Future<Output = R>;
}

impl<F, T, Fut, R> SendFn<T, R> for F
where
    F: AsyncFnOnce(T) -> R + FnOnce(T) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}
