use std::time::Duration;

/// How a file wants to be run: what its comments `-- tenantry: …` say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directives {
    /// Whether it runs in a transaction, together with its row in the ledger. `-- tenantry: no-transaction`
    /// says no: then each of its statements runs by itself.
    pub transaction: bool,
    /// How long a statement may wait for a lock: `-- tenantry: lock_timeout = 2s`.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may run: `-- tenantry: statement_timeout = 5min`.
    pub statement_timeout: Option<Duration>,
}

impl Default for Directives {
    fn default() -> Self {
        Self { transaction: true, lock_timeout: None, statement_timeout: None }
    }
}
