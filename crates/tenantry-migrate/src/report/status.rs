//! How everything stands.

use serde::Serialize;
use tenantry::TenantId;

use super::is_false;
use crate::Failure;

/// What is applied to every schema, and what is not.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct StatusReport {
    /// Present when not all tenants were asked for.
    #[serde(rename = "filtered", skip_serializing_if = "is_false")]
    pub is_filtered: bool,
    /// The shared schema.
    pub shared: SharedStatus,
    /// How many tenants stand how.
    pub summary: StatusSummary,
    /// The tenants that stand alike, the largest group first.
    pub groups: Vec<StatusGroup>,
    /// Each tenant, by id.
    pub tenants: Vec<TenantStatusReport>,
    /// The migrations that tenants lack, the newest first.
    pub pending_migrations: Vec<PendingMigration>,
}

impl StatusReport {
    /// Whether every ledger could be read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let errors = self.tenants.iter().filter_map(|tenant| tenant.error.as_ref());
        errors.chain(&self.shared.error).all(|error| error.code != "LEDGER_UNREADABLE")
    }

    /// Whether every schema has everything.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.shared.status == SchemaStatus::Ok && self.summary.ok == self.summary.total
    }
}

/// How many tenants stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatusSummary {
    /// All that were asked for.
    pub total: usize,
    /// Those that have everything.
    pub ok: usize,
    /// Those that lack something.
    pub behind: usize,
    /// Those that can't be migrated as they are.
    pub failed: usize,
    /// Those without a schema.
    pub missing: usize,
}

/// Tenants that stand alike.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct StatusGroup {
    /// How many there are.
    pub tenants: usize,
    /// The first of them.
    pub such_as: Vec<TenantId>,
    /// The newest migration they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many migrations they have.
    pub applied: usize,
    /// How many they lack.
    pub pending: usize,
    /// How they stand.
    pub status: SchemaStatus,
    /// Why they failed, or are missing; where they differ in it, one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// How a schema stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SchemaStatus {
    /// It has everything.
    Ok,
    /// It lacks some migrations.
    Behind,
    /// It can't be migrated as it is: its ledger contradicts the files, or can't be read.
    Failed,
    /// There is no such schema.
    Missing,
}

/// How a tenant stands.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TenantStatusReport {
    /// The tenant.
    pub id: TenantId,
    /// Its schema.
    pub schema: String,
    /// The newest migration it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many migrations it has.
    pub applied: usize,
    /// How many it lacks.
    pub pending: usize,
    /// How it stands.
    pub status: SchemaStatus,
    /// Why it failed, or is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// How the shared schema stands.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SharedStatus {
    /// Its name.
    pub schema: String,
    /// How many migrations it has.
    pub applied: usize,
    /// How many it lacks.
    pub pending: usize,
    /// How it stands.
    pub status: SchemaStatus,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// A migration that some tenants lack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PendingMigration {
    /// The file.
    pub name: String,
    /// How many tenants lack it.
    pub tenants: usize,
}
