use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tenantry_pool::TargetId;

use crate::Identifier;

/// What gives a connection back to nobody, after whatever a tenant's code may have left in it.
///
/// It rides in the same message as COMMIT, so it is awaited with it: a connection at rest has
/// been seen neutral. Prepared statements stay (`DISCARD ALL` would drop ours as well); a
/// PREPARE by SQL is seen on the wire and leads to `DISCARD ALL`.
macro_rules! reset {
    () => {
        "RESET ALL; RESET SESSION AUTHORIZATION; CLOSE ALL; UNLISTEN *; DISCARD TEMP; \
         DISCARD SEQUENCES; SELECT pg_catalog.pg_advisory_unlock_all()"
    };
}

/// Makes a connection neutral that is outside of a transaction.
pub(super) const RESET: &str = reset!();
/// Ends a transaction that keeps what it did, and makes the connection neutral.
pub(super) const COMMIT_AND_RESET: &str = concat!("COMMIT; ", reset!());
/// Ends a transaction that leaves nothing, and makes the connection neutral.
pub(super) const ROLLBACK_AND_RESET: &str = concat!("ROLLBACK; ", reset!());
/// Makes a connection as good as new; its prepared statements go, too.
pub(super) const DISCARD: &str = "DISCARD ALL";

/// What makes a connection speak for a target.
#[derive(Debug)]
pub(crate) struct Binding {
    target: TargetId,
    /// In SQL's notation.
    search_path: Arc<str>,
    /// How often what the target's statements are prepared on has changed.
    generation: AtomicU64,
}

/// Whose a prepared statement is, and as of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) target: TargetId,
    pub(super) generation: u64,
}

impl Binding {
    /// A binding to `schemas`, in this order, and `pg_temp` last, so that no temporary table
    /// shadows a tenant's.
    pub(crate) fn new<'a>(
        target: TargetId,
        schemas: impl IntoIterator<Item = &'a Identifier>,
    ) -> Self {
        let mut path = String::new();
        for schema in schemas {
            path.push_str(&schema.quoted());
            path.push_str(", ");
        }
        path.push_str("pg_temp");
        Self { target, search_path: path.into(), generation: AtomicU64::new(0) }
    }

    /// The target spoken for.
    pub(crate) fn target(&self) -> TargetId {
        self.target
    }

    /// Whose statements prepared from now on are.
    pub(super) fn owner(&self) -> Owner {
        Owner { target: self.target, generation: self.generation.load(Ordering::Acquire) }
    }

    /// The target's tables have changed: none of the statements prepared for it until now is used
    /// again, on whatever connection it is.
    pub(crate) fn begin_generation(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// The search_path of whoever speaks for the target.
    pub(super) fn search_path(&self) -> Arc<str> {
        Arc::clone(&self.search_path)
    }

    /// Opens a transaction that speaks for the target.
    pub(super) fn begin(&self) -> String {
        format!("BEGIN; SET LOCAL search_path = {}", self.search_path)
    }

    /// Makes the whole session speak for the target.
    pub(super) fn hold(&self) -> String {
        format!("SET search_path = {}", self.search_path)
    }
}
