//! What every handle does: take a connection, run something for a place, give it back, and tell
//! what went wrong.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use tenantry_pool::{Lease, Pool};

use crate::{
    Error, Hooks, Result,
    catalog::Index,
    config::DebugConfig,
    connection::{Output, PgDriver, Query, RunError, TooLong},
    place::Place,
};

/// What all handles of a manager share.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) pool: Pool<PgDriver>,
    /// Whose target is whose, once the index is made.
    pub(crate) names: Arc<OnceLock<Weak<Index>>>,
    pub(crate) hooks: Hooks,
    pub(crate) debug: DebugConfig,
}

/// The way to one place. Cheap to clone, no I/O to make.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) reach: Arc<Reach>,
    pub(crate) place: Arc<Place>,
}

impl Access {
    pub(crate) fn new(reach: Arc<Reach>, place: Arc<Place>) -> Self {
        Self { reach, place }
    }

    /// Takes a connection for the place, whatever the tenant's status.
    pub(crate) async fn acquire_any(&self) -> Result<Lease<PgDriver>> {
        let tenant = self.place.tenant.as_ref();
        let acquired = self.reach.pool.acquire(&self.place.target).await;
        let mut lease = acquired.map_err(|error| {
            let names = |target| self.reach.names.get()?.upgrade()?.tenant_of(target);
            self.failed(Error::from_acquire(error, &self.place.address(), tenant, names))
        })?;
        lease.at_home = lease.is_home();
        Ok(lease)
    }

    /// Takes a connection for a tenant that works.
    pub(crate) async fn acquire(&self) -> Result<Lease<PgDriver>> {
        self.place.check()?;
        let lease = self.acquire_any().await?;
        // It may have been suspended or dropped while this caller waited.
        self.place.check()?;
        Ok(lease)
    }

    /// Runs one statement, bound and committed.
    pub(crate) async fn run(&self, query: &Query<'_>) -> Result<Output> {
        let mut lease = self.acquire().await?;
        let watch = self.watch(query.sql);
        let mut ran = lease.run(&self.place.binding, query).await;
        if ran.is_err() && lease.has_lost_look_ups() {
            // Nothing has been done: somebody's code had dropped what was prepared there.
            drop(lease);
            lease = Box::pin(self.acquire()).await?;
            ran = Box::pin(lease.run(&self.place.binding, query)).await;
        }
        watch.done(&ran);
        ran.map_err(|error| self.explain(error, &lease))
    }

    /// Runs several statements in one transaction.
    pub(crate) async fn run_batch(&self, sql: &str) -> Result<()> {
        let mut lease = self.acquire().await?;
        let watch = self.watch(sql);
        let ran = lease.run_batch(&self.place.binding, sql).await;
        watch.done(&ran);
        ran.map_err(|error| self.explain(error, &lease))
    }

    /// Runs `COPY … TO STDOUT`, in one transaction.
    pub(crate) async fn copy_out(&self, sql: &str) -> Result<Vec<Vec<u8>>> {
        let mut lease = self.acquire().await?;
        let watch = self.watch(sql);
        let ran = lease.copy_out(&self.place.binding, sql).await;
        watch.done(&ran);
        ran.map_err(|error| self.explain(error, &lease))
    }

    /// Takes a connection and opens a transaction on it.
    pub(crate) async fn begin(&self) -> Result<Lease<PgDriver>> {
        let mut lease = self.acquire().await?;
        let begun = lease.begin(&self.place.binding).await;
        begun.map_err(|error| self.explain(error, &lease))?;
        Ok(lease)
    }

    /// The error for what went wrong on a connection. The hook for errors hears of it.
    pub(crate) fn explain(&self, error: RunError, lease: &Lease<PgDriver>) -> Error {
        let address = self.place.address();
        self.failed(match error {
            RunError::Bind(_) | RunError::Statement(_) if lease.was_cut_off() => {
                self.place.check_is_working().err().unwrap_or(Error::PoolClosed)
            }
            RunError::Bind(_) | RunError::Statement(_)
                if lease.failure().is_some_and(TooLong::is_cause_of) =>
            {
                Error::AnswerTooLarge
            }
            RunError::TooLarge => Error::AnswerTooLarge,
            RunError::Bind(error) | RunError::Statement(error) => match lease.failure() {
                // "connection closed" says less than why it was.
                Some(why) if error.is_closed() => Error::lost(why, error, &address),
                _ => Error::from_postgres(error, &address),
            },
            RunError::Pooled => Error::Pooled(address.into()),
            RunError::RolledBack => Error::RolledBack,
        })
    }

    /// Tells the hook for errors.
    pub(crate) fn failed(&self, error: Error) -> Error {
        if let Some(tenant) = &self.place.tenant {
            self.reach.hooks.error(tenant, &error);
        }
        error
    }

    /// Watches a statement, if anybody wants to know.
    pub(crate) fn watch<'a>(&'a self, sql: &'a str) -> Watch<'a> {
        let debug = &self.reach.debug;
        let wanted = debug.logs_queries() || debug.slow_query().is_some();
        Watch { access: self, sql, start: wanted.then(Instant::now) }
    }
}

/// A statement under way.
pub(crate) struct Watch<'a> {
    access: &'a Access,
    sql: &'a str,
    start: Option<Instant>,
}

impl Watch<'_> {
    /// The statement has ended: it is logged, where that is wanted, and again when it was slow.
    pub(crate) fn done<T>(self, ran: &Result<T, RunError>) {
        let Some(start) = self.start else { return };
        let elapsed = start.elapsed();
        let debug = &self.access.reach.debug;
        if debug.logs_queries() {
            self.log(elapsed, ran.is_ok());
        }
        if debug.slow_query().is_some_and(|threshold| elapsed >= threshold) {
            self.log_slow(elapsed);
        }
    }

    fn log(&self, elapsed: Duration, ok: bool) {
        tracing::info!(
            target: "tenantry::query",
            tenant = self.tenant(),
            duration_ms = elapsed.as_secs_f64() * 1e3,
            ok,
            "{}", self.sql
        );
    }

    fn log_slow(&self, elapsed: Duration) {
        tracing::warn!(
            target: "tenantry::slow_query",
            tenant = self.tenant(),
            duration_ms = elapsed.as_secs_f64() * 1e3,
            "slow: {}", self.sql
        );
    }

    fn tenant(&self) -> &str {
        self.access.place.tenant.as_ref().map_or("(shared)", |tenant| tenant.as_str())
    }
}
