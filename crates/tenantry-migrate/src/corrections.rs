//! What a correction of a ledger is, and what came of it.

use serde::Serialize;
use tenantry::TenantId;

use crate::Failure;

/// Something that is set right in a tenant's schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Correction {
    /// What is done.
    pub kind: CorrectionKind,
    /// The migration concerned, or the index.
    pub name: String,
    /// What was found.
    pub found: String,
    #[serde(skip)]
    pub(crate) sql: String,
}

/// What is set right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CorrectionKind {
    /// A file was changed after it had been applied: the ledger takes its new checksum.
    AcceptChecksum,
    /// A migration was not finished: its row goes, so that it runs from its beginning.
    ClearUnfinished,
    /// A migration counts as applied, and is not run.
    MarkApplied,
    /// A row has no file any more: it goes.
    RemoveOrphan,
    /// An index was not finished: it is dropped.
    DropIndex,
}

impl CorrectionKind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AcceptChecksum => "accept the new checksum",
            Self::ClearUnfinished => "clear, to run it from its beginning",
            Self::MarkApplied => "mark as applied",
            Self::RemoveOrphan => "remove its row",
            Self::DropIndex => "drop the index",
        }
    }
}

/// What is to be looked for, and set right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct RepairOptions {
    pub(crate) checksums: bool,
    pub(crate) clear: bool,
    pub(crate) applied: bool,
    pub(crate) indexes: bool,
    pub(crate) missing: bool,
    pub(crate) orphans: bool,
    pub(crate) shared: bool,
    pub(crate) dry_run: bool,
}

impl RepairOptions {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Files that were changed after they had been applied: the ledger takes their checksums.
    pub fn checksums(mut self, yes: bool) -> Self {
        self.checksums = yes;
        self
    }

    /// Migrations that were not finished: their rows go, so that they run from their beginning.
    pub fn clear(mut self, yes: bool) -> Self {
        self.clear = yes;
        self
    }

    /// Migrations that were not finished: they count as applied.
    pub fn applied(mut self, yes: bool) -> Self {
        self.applied = yes;
        self
    }

    /// Indexes that were not finished: they are dropped.
    pub fn indexes(mut self, yes: bool) -> Self {
        self.indexes = yes;
        self
    }

    /// Migrations that the ledger does not have: they count as applied.
    pub fn mark_missing(mut self, yes: bool) -> Self {
        self.missing = yes;
        self
    }

    /// Rows without a file: they go.
    pub fn clean_orphans(mut self, yes: bool) -> Self {
        self.orphans = yes;
        self
    }

    /// The shared schema, too.
    pub fn shared(mut self, yes: bool) -> Self {
        self.shared = yes;
        self
    }

    /// Whether to tell what would be done, and write nothing at all.
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }
}

/// What was set right, or would be.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CorrectionReport {
    /// Nothing was written.
    pub dry_run: bool,
    /// How many tenants were looked at.
    pub total: usize,
    /// How many of them had something to be set right.
    pub concerned: usize,
    /// How many of them could not be.
    pub failed: usize,
    /// The shared schema, if that was to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SharedCorrections>,
    /// Each tenant that has something, by id.
    pub tenants: Vec<TenantCorrections>,
}

impl CorrectionReport {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let is_good = |shared: &SharedCorrections| shared.error.is_none();
        self.failed == 0 && self.shared.as_ref().is_none_or(is_good)
    }

    /// Whether there is anything that is to be set right, or was.
    #[must_use]
    pub fn has_corrections(&self) -> bool {
        let is_some = |shared: &SharedCorrections| !shared.corrections.is_empty();
        self.concerned > 0 || self.shared.as_ref().is_some_and(is_some)
    }
}

/// What was set right in the shared schema, or would be.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SharedCorrections {
    /// Its name.
    pub schema: String,
    /// In order.
    pub corrections: Vec<Correction>,
    /// Why they could not be made: then none was, but for indexes that were dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// What was set right for a tenant, or would be.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TenantCorrections {
    /// The tenant.
    pub id: TenantId,
    /// In order.
    pub corrections: Vec<Correction>,
    /// Why they could not be made: then none was, but for indexes that were dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}
