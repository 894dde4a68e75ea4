//! What came of undoing migrations.

use serde::Serialize;
use tenantry::TenantId;

use crate::{Failure, MigrateStatus};

/// What undoing migrations came to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RollbackReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// How many tenants were looked at.
    pub total: usize,
    /// How many were rolled back.
    pub succeeded: usize,
    /// How many could not be.
    pub failed: usize,
    /// How many had nothing to be undone.
    pub skipped: usize,
    /// How many were not begun, or not finished, because it was stopped.
    pub unfinished: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The shared schema, if that was to be rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedRollback>,
    /// Each tenant, by id.
    pub tenants: Vec<TenantRollback>,
}

impl RollbackReport {
    /// Whether nothing failed, and nothing was left.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let is_good = |shared: &SharedRollback| {
            !matches!(shared.status, MigrateStatus::Failed | MigrateStatus::Unfinished)
        };
        self.failed == 0 && self.unfinished == 0 && self.shared.as_ref().is_none_or(is_good)
    }
}

/// What came of one tenant.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TenantRollback {
    /// The tenant.
    pub id: TenantId,
    /// What came of it.
    pub status: MigrateStatus,
    /// The migrations that were undone, in order.
    pub undone: Vec<String>,
    /// Those that are to be undone still.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// What came of the shared schema.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SharedRollback {
    /// Its name.
    pub schema: String,
    /// What came of it.
    pub status: MigrateStatus,
    /// The migrations that were undone, in order.
    pub undone: Vec<String>,
    /// Those that are to be undone still.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}
