use std::fmt;

use tenantry_pool::Lease;
use tokio_postgres::Notification;

use super::{
    methods::{Run, statement_methods},
    transaction::{BatchError, batch_inside, counted_inside, run_inside},
};
use crate::{
    Result,
    access::Access,
    connection::{Output, PgDriver, Query},
};

/// A connection bound as a whole: what the two public types of session have in common.
pub(crate) struct Session {
    access: Access,
    lease: Lease<PgDriver>,
}

impl Session {
    /// Binds a connection as a whole.
    pub(crate) async fn start(access: Access, mut lease: Lease<PgDriver>) -> Result<Self> {
        lease.for_long();
        let bound = lease.start_session(&access.place.binding).await;
        bound.map_err(|error| access.explain(error, &lease))?;
        Ok(Self { access, lease })
    }

    async fn next_notification(&mut self) -> Option<Notification> {
        self.lease.next_notification().await
    }
}

impl Run for Session {
    async fn run(&mut self, query: &Query<'_>) -> Result<Output> {
        run_inside(&self.access, &mut self.lease, query).await
    }

    async fn run_batch(&mut self, sql: &str) -> Result<()> {
        batch_inside(&self.access, &mut self.lease, sql).await
    }
}

macro_rules! session {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// For what must outlive a transaction: temporary tables, LISTEN, session locks, cursors
        /// WITH HOLD, statements that refuse to run in a transaction. It counts against the
        /// budget until it is dropped; then it is reset by `DISCARD ALL`, and a statement that
        /// still runs is cancelled.
        ///
        /// Each statement commits by itself, unless a transaction was begun by
        /// `batch_execute("BEGIN")`.
        pub struct $name(pub(crate) Session);

        impl $name {
            /// The next notification for a channel this session listens to, or `None` when the
            /// connection has ended. Dropping the future loses none.
            pub async fn next_notification(&mut self) -> Option<Notification> {
                self.0.next_notification().await
            }
        }

        impl Run for $name {
            async fn run(&mut self, query: &Query<'_>) -> Result<Output> {
                self.0.run(query).await
            }

            async fn run_batch(&mut self, sql: &str) -> Result<()> {
                self.0.run_batch(sql).await
            }
        }

        statement_methods!($name);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("tenant", &self.0.access.place.tenant).finish_non_exhaustive()
            }
        }
    };
}

session! {
    /// A connection checked out whole for one tenant.
    TenantSession
}
session! {
    /// A connection checked out whole for the shared schema.
    SharedSession
}

impl SharedSession {
    /// Runs several statements, separated by semicolons, without parameters. With an error it says
    /// how many of them had been done, for an error that has no position.
    ///
    /// # Errors
    ///
    /// [`BatchError`].
    pub async fn batch_counted(&mut self, sql: &str) -> Result<(), BatchError> {
        let Session { access, lease } = &mut self.0;
        counted_inside(access, lease, sql).await
    }

    /// Closes the connection, in place of giving it back: whoever comes next gets a new one. For
    /// PostgreSQL processes that have seen so many tables that they have grown large.
    pub fn discard(self) {
        self.0.lease.discard();
    }

    /// The notifications that have come already.
    pub(crate) fn queued(&mut self) -> impl Iterator<Item = Notification> {
        std::iter::from_fn(|| self.0.lease.queued_notification())
    }
}
