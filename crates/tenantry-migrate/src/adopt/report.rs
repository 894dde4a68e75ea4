//! What would be done, and what was done, for people and as JSON.

use serde::Serialize;

use super::plan::Work;
use crate::Failure;

/// What there is to adopt; after it was carried out, what came of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AdoptPlan {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// How many tenants are what.
    pub summary: AdoptSummary,
    /// The shared schema, where it has a ledger of another tool's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<AdoptShared>,
    /// Each tenant, in the order of the source.
    pub tenants: Vec<AdoptTenant>,
    /// What to know about all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What is to be written.
    #[serde(skip)]
    pub(super) work: Vec<Work>,
}

impl AdoptPlan {
    /// Whether something is left to be written.
    #[must_use]
    pub fn has_work(&self) -> bool {
        let shared = self.shared.iter().map(|shared| shared.action);
        let mut actions = self.tenants.iter().map(|tenant| tenant.action).chain(shared);
        self.dry_run && actions.any(AdoptAction::writes)
    }

    /// Whether no tenant, and not the shared schema, is left out.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Why what is left out is left out, with whose it is.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Failure)> {
        let shared = self
            .shared
            .iter()
            .filter_map(|shared| Some((shared.schema.as_str(), shared.error.as_ref()?)));
        let tenants = self.tenants.iter();
        shared
            .chain(tenants.filter_map(|tenant| Some((tenant.id.as_str(), tenant.error.as_ref()?))))
    }
}

/// How many tenants are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AdoptSummary {
    /// All that the source names.
    pub total: usize,
    /// Those that are to be adopted, or were.
    pub adopted: usize,
    /// Those that were adopted before, and whose other ledger has rows that ours has not.
    pub updated: usize,
    /// Those with nothing to do.
    pub unchanged: usize,
    /// Those that are left out.
    pub left_out: usize,
}

/// What is to be done, or was, with one schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdoptAction {
    /// It is new here: its row in the catalog and its ledger are written.
    Adopt,
    /// It was adopted before, and its other ledger says more than ours: that is added.
    Update,
    /// It was adopted before, and there is nothing to do.
    Unchanged,
    /// It is left out.
    LeaveOut,
}

impl AdoptAction {
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Adopt | Self::Update)
    }
}

impl AdoptAction {
    /// The word for it: as JSON has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::LeaveOut => "leave_out",
        }
    }
}

/// Another tool's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AdoptLedger {
    /// The tool and, where it has several, the format.
    pub tool: String,
    /// The table.
    pub table: String,
    /// How many rows it has.
    pub rows: usize,
}

/// A tenant to be adopted.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AdoptTenant {
    /// Its id, as the source has it.
    pub id: String,
    /// Its schema.
    pub schema: String,
    /// What is to be done with it.
    pub action: AdoptAction,
    /// Its ledger of another tool's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<AdoptLedger>,
    /// How many of the files it has.
    pub applied: usize,
    /// How many of the files it lacks.
    pub pending: usize,
    /// The files that are to be written into our ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<String>,
    /// What to know about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// The shared schema to be adopted.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AdoptShared {
    /// Its name.
    pub schema: String,
    /// What is to be done with it.
    pub action: AdoptAction,
    /// Its ledger of another tool's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<AdoptLedger>,
    /// How many of the files it has.
    pub applied: usize,
    /// How many of the files it lacks.
    pub pending: usize,
    /// The files that are to be written into our ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<String>,
    /// What to know about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}
