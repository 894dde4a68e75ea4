use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use diesel::connection::{DynInstrumentation, TransactionDepthChange, TransactionManagerStatus};
use diesel::result::Error as DieselError;
use tenantry_pool::Lease;

use crate::{Error, Result, connection::PgDriver};

/// The transaction that a handle is in, and who watches it.
pub(crate) struct DieselState {
    open: Option<Open>,
    pub(super) status: TransactionManagerStatus,
    /// Never locked: the mutex makes handles `Sync`.
    instrumentation: Mutex<DynInstrumentation>,
}

/// An open transaction and its connection.
struct Open {
    lease: Lease<PgDriver>,
    /// Set when the future that was to end it, or a savepoint in it, was dropped.
    abandoned: Arc<Abandoned>,
}

/// What became of the futures that were to end a transaction and its savepoints.
#[derive(Debug, Default)]
pub(super) struct Abandoned {
    whole: AtomicBool,
    savepoint: AtomicBool,
}

impl Default for DieselState {
    fn default() -> Self {
        Self {
            open: None,
            status: TransactionManagerStatus::default(),
            instrumentation: Mutex::new(DynInstrumentation::none()),
        }
    }
}

impl DieselState {
    /// The connection of the open transaction, if the handle is in one.
    ///
    /// A transaction whose future was dropped is over: its connection is given back, which rolls
    /// it back. One in which a savepoint's future was dropped can only be rolled back.
    pub(in crate::db) fn open(&mut self) -> Result<Option<&mut Lease<PgDriver>>> {
        self.leave_abandoned();
        match &mut self.open {
            Some(open) if open.abandoned.savepoint.load(Ordering::Acquire) => {
                Err(Error::RolledBack)
            }
            Some(open) => Ok(Some(&mut open.lease)),
            None => Ok(None),
        }
    }

    /// As [`open`](Self::open), to end the transaction.
    pub(super) fn ending(&mut self) -> Option<&mut Lease<PgDriver>> {
        self.open.as_mut().map(|open| &mut open.lease)
    }

    pub(super) fn leave_abandoned(&mut self) {
        if self.open.as_ref().is_some_and(|open| open.abandoned.whole.load(Ordering::Acquire)) {
            self.leave();
        }
    }

    pub(super) fn enter(&mut self, lease: Lease<PgDriver>) {
        self.open = Some(Open { lease, abandoned: Arc::default() });
        self.status = TransactionManagerStatus::default();
        let deeper = self.deepen();
        debug_assert!(deeper.is_ok(), "a new status is valid");
    }

    /// Who watches.
    pub(super) fn instrumentation(&mut self) -> &mut DynInstrumentation {
        self.instrumentation.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transaction is over, or given up.
    pub(super) fn leave(&mut self) {
        self.open = None;
        self.status = TransactionManagerStatus::default();
    }

    /// How many transactions and savepoints are open.
    pub(super) fn depth(&mut self) -> Result<u32, DieselError> {
        let depth = self.status.transaction_state()?.transaction_depth();
        Ok(depth.map_or(0, std::num::NonZeroU32::get))
    }

    pub(super) fn deepen(&mut self) -> Result<(), DieselError> {
        self.status
            .transaction_state()?
            .change_transaction_depth(TransactionDepthChange::IncreaseDepth)
    }

    pub(super) fn rise(&mut self) -> Result<(), DieselError> {
        self.status
            .transaction_state()?
            .change_transaction_depth(TransactionDepthChange::DecreaseDepth)
    }

    /// Watches over the future that is to end the innermost transaction or savepoint.
    pub(super) fn watch(&mut self) -> Option<Watch> {
        let depth = self.depth().ok()?;
        let open = self.open.as_ref()?;
        Some(Watch { abandoned: Arc::clone(&open.abandoned), whole: depth == 1, done: false })
    }
}

/// Dropped before [`done`](Self::done), it marks the transaction as abandoned.
pub(super) struct Watch {
    abandoned: Arc<Abandoned>,
    whole: bool,
    done: bool,
}

impl Watch {
    pub(super) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.done {
            let flag = if self.whole { &self.abandoned.whole } else { &self.abandoned.savepoint };
            flag.store(true, Ordering::Release);
        }
    }
}
