//! What came of one schema, before it is a report.

use tenantry::TenantId;

use crate::{Failure, MigrateStatus, Migration, SharedReport, TenantReport, site::Site};

/// What came of one schema.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) applied: Vec<String>,
    pub(super) pending: Vec<String>,
    pub(super) error: Option<Failure>,
}

impl Outcome {
    pub(super) fn failed(failure: Failure) -> Self {
        Self::default().with_error(failure)
    }

    pub(super) fn pending(files: &[&Migration]) -> Self {
        let pending = files.iter().map(|file| file.name.clone()).collect();
        Self { pending, ..Self::default() }
    }

    pub(super) fn with_error(mut self, failure: Failure) -> Self {
        self.error = Some(failure);
        self
    }

    fn status(&self, dry_run: bool) -> MigrateStatus {
        match (&self.error, self.pending.is_empty(), self.applied.is_empty()) {
            (Some(_), _, _) => MigrateStatus::Failed,
            (None, false, _) if dry_run => MigrateStatus::Pending,
            (None, false, _) => MigrateStatus::Unfinished,
            (None, true, true) => MigrateStatus::Skipped,
            (None, true, false) => MigrateStatus::Succeeded,
        }
    }

    pub(super) fn of_tenant(self, id: &TenantId, dry_run: bool) -> TenantReport {
        let status = self.status(dry_run);
        let Self { applied, pending, error } = self;
        TenantReport { id: id.clone(), status, applied, pending, error }
    }

    pub(super) fn of_shared(self, site: &Site, dry_run: bool) -> SharedReport {
        let status = self.status(dry_run);
        let Self { applied, pending, error } = self;
        SharedReport { schema: site.schema.clone(), status, applied, pending, error }
    }
}
