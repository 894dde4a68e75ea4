//! What came of one schema, before it is a report.

use std::time::Duration;

use tenantry::TenantId;

use crate::{Failure, MigrateStatus, SharedReport, TenantReport, site::Site, step::Step};

/// What came of one schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) applied: Vec<String>,
    pub(super) pending: Vec<String>,
    pub(super) error: Option<Failure>,
    pub(super) took: Duration,
    /// The tenant is gone.
    pub(super) is_gone: bool,
}

/// Why a schema is to be tried again later.
#[derive(Debug)]
pub(super) enum Again {
    /// Another runner is at work in it.
    Busy,
    /// Somebody holds a lock that a migration needs.
    Locked(Box<Failure>),
}

impl Outcome {
    pub(super) fn failed(failure: Failure) -> Self {
        Self::default().with_error(failure)
    }

    pub(super) fn pending(steps: &[&Step]) -> Self {
        let pending = steps.iter().map(|step| step.name.to_string()).collect();
        Self { pending, ..Self::default() }
    }

    pub(super) fn gone() -> Self {
        Self { is_gone: true, ..Self::default() }
    }

    pub(super) fn with_error(mut self, failure: Failure) -> Self {
        self.error = Some(failure);
        self
    }

    fn status(&self, dry_run: bool) -> MigrateStatus {
        match (&self.error, self.pending.is_empty(), self.applied.is_empty()) {
            _ if self.is_gone => MigrateStatus::Gone,
            (Some(_), _, _) => MigrateStatus::Failed,
            (None, false, _) if dry_run => MigrateStatus::Pending,
            (None, false, _) => MigrateStatus::Unfinished,
            (None, true, true) => MigrateStatus::Skipped,
            (None, true, false) => MigrateStatus::Succeeded,
        }
    }

    pub(super) fn of_tenant(self, id: &TenantId, dry_run: bool) -> TenantReport {
        let status = self.status(dry_run);
        let duration_ms = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let Self { applied, pending, error, .. } = self;
        TenantReport { id: id.clone(), status, applied, pending, error, duration_ms }
    }

    /// The report as it is now.
    pub(super) fn clone_as(&self, id: &TenantId) -> TenantReport {
        self.clone().of_tenant(id, false)
    }

    pub(super) fn of_shared(self, site: &Site, dry_run: bool) -> SharedReport {
        let status = self.status(dry_run);
        let Self { applied, pending, error, .. } = self;
        SharedReport { schema: site.schema.clone(), status, applied, pending, error }
    }
}
