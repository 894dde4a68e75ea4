use tenantry_pool::TargetId;

use super::prefix::BindMessages;
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

/// The SQL that makes a connection speak for a target.
#[derive(Debug)]
pub(crate) struct Binding {
    target: TargetId,
    /// `BEGIN; SET LOCAL search_path = …`
    begin: String,
    /// `SET search_path = …`
    hold: String,
    messages: BindMessages,
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
        Self {
            target,
            begin: format!("BEGIN; SET LOCAL search_path = {path}"),
            hold: format!("SET search_path = {path}"),
            messages: BindMessages::new(&path),
        }
    }

    /// The target spoken for.
    pub(crate) fn target(&self) -> TargetId {
        self.target
    }

    /// The same for a prefix.
    pub(super) fn messages(&self) -> &BindMessages {
        &self.messages
    }

    /// Opens a transaction that speaks for the target.
    pub(super) fn begin(&self) -> &str {
        &self.begin
    }

    /// Makes the whole session speak for the target.
    pub(super) fn hold(&self) -> &str {
        &self.hold
    }
}
