use std::{fmt, sync::Arc};

use super::{
    Transaction,
    methods::{Run, statement_methods},
};
use crate::{
    Result, Tenant, TenantId,
    access::Access,
    connection::{Output, Query},
};

#[cfg(feature = "diesel")]
use super::diesel::DieselState;

/// One tenant's data: a cheap handle that takes a connection for each statement or transaction.
///
/// Making, cloning and keeping one does no I/O. Diesel's `RunQueryDsl` and `.transaction()` work on
/// `&mut TenantDb`; so do the methods below, in tokio-postgres's way. All of them speak for this
/// tenant and for no other: a table that the tenant does not have is an error, and shared tables
/// are reached by their full name.
///
/// Statements on one handle run one after the other; clone it to run some side by side. A clone
/// made inside of Diesel's `.transaction()` is outside of that transaction.
pub struct TenantDb {
    access: Access,
    tenant: Arc<Tenant>,
    #[cfg(feature = "diesel")]
    pub(super) state: DieselState,
}

impl TenantDb {
    pub(crate) fn new(access: Access, tenant: Arc<Tenant>) -> Self {
        Self {
            access,
            tenant,
            #[cfg(feature = "diesel")]
            state: DieselState::default(),
        }
    }

    /// The tenant, as the catalog had it when the handle was made.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant.id
    }
}

impl Clone for TenantDb {
    fn clone(&self) -> Self {
        Self::new(self.access.clone(), Arc::clone(&self.tenant))
    }
}

impl fmt::Debug for TenantDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb").field("tenant", &self.tenant.id).finish_non_exhaustive()
    }
}

/// The shared schema's data: a handle like [`TenantDb`], and another type, so that a signature
/// says whose data a function touches.
pub struct SharedDb {
    access: Access,
    #[cfg(feature = "diesel")]
    pub(super) state: DieselState,
}

impl SharedDb {
    pub(crate) fn new(access: Access) -> Self {
        Self {
            access,
            #[cfg(feature = "diesel")]
            state: DieselState::default(),
        }
    }
}

impl Clone for SharedDb {
    fn clone(&self) -> Self {
        Self::new(self.access.clone())
    }
}

impl fmt::Debug for SharedDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedDb").finish_non_exhaustive()
    }
}

macro_rules! handle {
    ($type:ty) => {
        impl $type {
            #[cfg(feature = "diesel")]
            pub(super) fn access(&self) -> &Access {
                &self.access
            }

            /// The way to the data, and the transaction that is open on it.
            #[cfg(feature = "diesel")]
            pub(super) fn split(&mut self) -> (&Access, &mut DieselState) {
                (&self.access, &mut self.state)
            }

            /// Begins a transaction on a connection of its own.
            ///
            /// # Errors
            ///
            /// Those of getting a connection: [`PoolTimeout`](crate::Error::PoolTimeout),
            /// [`Unavailable`](crate::Error::Unavailable).
            pub async fn begin(&self) -> Result<Transaction> {
                Transaction::begin(self.access.clone()).await
            }

            /// Runs `COPY … TO STDOUT`, or several separated by semicolons, in a transaction of
            /// their own, and gives what each has sent: all of it, in the format that it names.
            /// PostgreSQL plans nothing for a COPY of a table, which makes it the cheapest way to
            /// read many small ones.
            ///
            /// Dropping the future cancels what is still running.
            ///
            /// # Errors
            ///
            /// [`Error::Database`](crate::Error::Database) with what PostgreSQL said, and those
            /// of getting a connection: [`PoolTimeout`](crate::Error::PoolTimeout),
            /// [`Unavailable`](crate::Error::Unavailable).
            pub async fn copy_out(&self, sql: &str) -> Result<Vec<Vec<u8>>> {
                self.access.copy_out(sql).await
            }
        }

        impl Run for $type {
            async fn run(&mut self, query: &Query<'_>) -> Result<Output> {
                #[cfg(feature = "diesel")]
                if let Some(lease) = self.state.open()? {
                    return Box::pin(super::transaction::run_inside(&self.access, lease, query))
                        .await;
                }
                self.access.run(query).await
            }

            async fn run_batch(&mut self, sql: &str) -> Result<()> {
                #[cfg(feature = "diesel")]
                if let Some(lease) = self.state.open()? {
                    return Box::pin(super::transaction::batch_inside(&self.access, lease, sql))
                        .await;
                }
                self.access.run_batch(sql).await
            }
        }

        statement_methods!($type);
    };
}

handle!(TenantDb);
handle!(SharedDb);
