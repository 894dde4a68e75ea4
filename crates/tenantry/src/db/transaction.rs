use std::fmt;

use tenantry_pool::Lease;
use tokio_postgres::types::Type;

use super::methods::{Run, statement_methods};
use crate::{
    Result,
    access::Access,
    connection::{Output, PgDriver, Query, RunError},
};

/// What went wrong with one of several statements.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
#[non_exhaustive]
pub struct BatchError {
    /// What went wrong.
    #[source]
    pub error: crate::Error,
    /// How many of the statements had been done before. Where PostgreSQL could not even parse the
    /// text: none.
    pub done: usize,
}

/// A transaction on a connection of its own, bound to one tenant or to the shared schema.
///
/// Dropped without [`commit`](Self::commit), it is rolled back.
///
/// ```no_run
/// # async fn pay(db: &tenantry::TenantDb) -> tenantry::Result<()> {
/// let mut tx = db.begin().await?;
/// tx.execute("UPDATE accounts SET balance = balance - $1 WHERE id = $2", &[&10i64, &1i32]).await?;
/// tx.execute("UPDATE accounts SET balance = balance + $1 WHERE id = $2", &[&10i64, &2i32]).await?;
/// tx.commit().await
/// # }
/// ```
#[must_use = "dropped at once, it is rolled back at once"]
pub struct Transaction {
    access: Access,
    lease: Lease<PgDriver>,
}

impl Transaction {
    pub(super) async fn begin(access: Access) -> Result<Self> {
        let lease = access.begin().await?;
        Ok(Self { access, lease })
    }

    /// Commits. What the transaction did counts when this returns `Ok`.
    ///
    /// Dropping the future leaves open whether it was committed.
    ///
    /// # Errors
    ///
    /// [`Error::RolledBack`](crate::Error::RolledBack) when a statement had failed before;
    /// [`Error::TenantMoved`](crate::Error::TenantMoved) when the tenant was dropped meanwhile;
    /// [`Error::Database`](crate::Error::Database) when a deferred constraint speaks now.
    pub async fn commit(mut self) -> Result<()> {
        commit(&self.access, &mut self.lease).await
    }

    /// Rolls back, and waits until that is done.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) when the connection is lost: then
    /// PostgreSQL rolls back by itself.
    pub async fn rollback(mut self) -> Result<()> {
        let ended = self.lease.rollback().await;
        ended.map_err(|error| self.access.explain(error, &self.lease))
    }

    /// Has PostgreSQL read a statement and look up all that it names, without running it: the types of
    /// its parameters. Until the transaction ends, `pg_locks` shows each table that it names.
    ///
    /// # Errors
    ///
    /// As a statement's.
    pub async fn analyse(&mut self, sql: &str) -> Result<Vec<Type>> {
        self.access.place.check_is_here()?;
        let analysed = self.lease.analyse(sql).await;
        analysed.map_err(|error| self.access.explain(error, &self.lease))
    }

    /// Opens a part of the transaction that can be rolled back alone.
    ///
    /// # Errors
    ///
    /// As a statement's.
    pub async fn savepoint(&mut self) -> Result<Savepoint<'_>> {
        self.control("SAVEPOINT tenantry").await?;
        Ok(Savepoint { transaction: self })
    }

    /// Runs several statements, separated by semicolons, without parameters. With an error it says
    /// how many of them had been done, for an error that has no position.
    ///
    /// # Errors
    ///
    /// [`BatchError`].
    pub async fn batch_counted(&mut self, sql: &str) -> Result<(), BatchError> {
        counted_inside(&self.access, &mut self.lease, sql).await
    }

    async fn control(&mut self, sql: &str) -> Result<()> {
        let ran = self.lease.control(sql).await;
        ran.map_err(|error| self.access.explain(error, &self.lease))
    }
}

impl Run for Transaction {
    async fn run(&mut self, query: &Query<'_>) -> Result<Output> {
        run_inside(&self.access, &mut self.lease, query).await
    }

    async fn run_batch(&mut self, sql: &str) -> Result<()> {
        batch_inside(&self.access, &mut self.lease, sql).await
    }
}

statement_methods!(Transaction);

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("tenant", &self.access.place.tenant)
            .finish_non_exhaustive()
    }
}

/// A part of a [`Transaction`] that can be rolled back alone.
///
/// Dropped without an end, its statements stay part of the transaction.
#[derive(Debug)]
pub struct Savepoint<'a> {
    transaction: &'a mut Transaction,
}

impl Savepoint<'_> {
    /// Keeps what was done since.
    ///
    /// # Errors
    ///
    /// As a statement's.
    pub async fn release(self) -> Result<()> {
        self.transaction.control("RELEASE SAVEPOINT tenantry").await
    }

    /// Undoes what was done since, also after a statement that failed.
    ///
    /// # Errors
    ///
    /// As a statement's.
    pub async fn rollback(self) -> Result<()> {
        self.transaction.control("ROLLBACK TO SAVEPOINT tenantry; RELEASE SAVEPOINT tenantry").await
    }
}

impl Run for Savepoint<'_> {
    async fn run(&mut self, query: &Query<'_>) -> Result<Output> {
        self.transaction.run(query).await
    }

    async fn run_batch(&mut self, sql: &str) -> Result<()> {
        self.transaction.run_batch(sql).await
    }
}

statement_methods!(Savepoint<'_>);

/// Runs several statements on a connection that is bound already, and counts what was done.
pub(super) async fn counted_inside(
    access: &Access,
    lease: &mut Lease<PgDriver>,
    sql: &str,
) -> Result<(), BatchError> {
    access.place.check_is_here().map_err(|error| BatchError { error, done: 0 })?;
    let watch = access.watch(sql);
    let (ran, done) = match lease.batch_counted(sql).await {
        Ok(()) => (Ok(()), 0),
        Err((error, done)) => (Err(error), done),
    };
    watch.done(&ran);
    ran.map_err(|error| BatchError { error: access.explain(error, lease), done })
}

/// Commits the transaction that is open, unless its tenant is gone.
pub(super) async fn commit(access: &Access, lease: &mut Lease<PgDriver>) -> Result<()> {
    if let Err(gone) = access.place.check_is_here() {
        let _ = lease.rollback().await;
        return Err(access.failed(gone));
    }
    let ended = lease.commit().await;
    ended.map_err(|error| access.explain(error, lease))
}

/// Runs a statement on a connection that is bound already.
pub(super) async fn run_inside(
    access: &Access,
    lease: &mut Lease<PgDriver>,
    query: &Query<'_>,
) -> Result<Output> {
    access.place.check_is_here()?;
    let watch = access.watch(query.sql);
    let ran = lease.run_inside(&access.place.binding, query).await;
    watch.done(&ran);
    ran.map_err(|error: RunError| access.explain(error, lease))
}

/// Runs several statements on a connection that is bound already.
pub(super) async fn batch_inside(
    access: &Access,
    lease: &mut Lease<PgDriver>,
    sql: &str,
) -> Result<()> {
    access.place.check_is_here()?;
    let watch = access.watch(sql);
    let ran = lease.batch_inside(sql).await;
    watch.done(&ran);
    ran.map_err(|error| access.explain(error, lease))
}
