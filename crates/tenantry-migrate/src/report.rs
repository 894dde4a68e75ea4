//! What came of it, for people and as JSON.

mod status;

use serde::Serialize;
use tenantry::{Tenant, TenantId};

pub use self::status::{
    PendingMigration, SchemaStatus, SharedStatus, StatusGroup, StatusReport, StatusSummary,
    TenantStatusReport,
};
use crate::Failure;

/// What a run of migrations came to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct MigrateReport {
    /// The run's number, where it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// Present in a dry run: nothing was written.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// How many tenants were asked for.
    pub total: usize,
    /// How many had something to be applied, and have it now.
    pub succeeded: usize,
    /// How many could not be migrated.
    pub failed: usize,
    /// How many had nothing to do.
    pub skipped: usize,
    /// In a dry run: how many have something to be applied.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending: usize,
    /// How many were not begun, or not finished, because the run was stopped or the shared schema
    /// failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub unfinished: usize,
    /// How many were dropped meanwhile.
    #[serde(skip_serializing_if = "is_zero")]
    pub gone: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Why the run ended before all tenants were done with, where it was not stopped from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
    /// The shared schema, if that was to be migrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedReport>,
    /// Each tenant, by id.
    pub tenants: Vec<TenantReport>,
}

impl MigrateReport {
    /// Whether everything is as it should be now: nothing failed, and nothing was left.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let shared = self.shared.as_ref().is_none_or(|shared| shared.error.is_none());
        shared && self.failed == 0 && self.unfinished == 0
    }

    /// Everything that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        let shared = self.shared.iter().filter_map(|shared| shared.error.as_ref());
        shared.chain(self.tenants.iter().filter_map(|tenant| tenant.error.as_ref()))
    }
}

/// What came of one schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MigrateStatus {
    /// Everything it lacked was applied.
    Succeeded,
    /// It had nothing to do.
    Skipped,
    /// A file failed; those before it are applied.
    Failed,
    /// A dry run found something to be applied.
    Pending,
    /// The run was stopped before everything was applied.
    Unfinished,
    /// The tenant was dropped while the run was under way.
    Gone,
}

/// What came of one tenant.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TenantReport {
    /// The tenant.
    pub id: TenantId,
    /// What came of it.
    pub status: MigrateStatus,
    /// The files applied in this run, in order.
    pub applied: Vec<String>,
    /// The files still to be applied, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// How long it took, in milliseconds, without the time that it waited to be tried again.
    #[serde(skip_serializing_if = "is_zero_ms")]
    pub duration_ms: u64,
}

/// What came of the shared schema.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SharedReport {
    /// Its name.
    pub schema: String,
    /// What came of it.
    pub status: MigrateStatus,
    /// The files applied in this run, in order.
    pub applied: Vec<String>,
    /// The files still to be applied, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// A tenant that was made.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CreatedTenant {
    /// The tenant.
    pub tenant: Tenant,
    /// The files applied to it, in order.
    pub applied: Vec<String>,
}

/// A tenant that is gone.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DroppedTenant {
    /// Its id.
    pub id: TenantId,
    /// The schema that was dropped with everything in it.
    pub schema: String,
}

/// A tenant, and how its schema stands.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TenantDetails {
    /// The tenant.
    pub tenant: Tenant,
    /// How its schema stands.
    pub migrations: TenantStatusReport,
    /// The files it lacks, in order.
    pub pending: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero_ms(value: &u64) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}
