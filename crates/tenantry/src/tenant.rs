use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{SchemaName, TenantId};

/// A tenant as the catalog has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Whether anybody works with it.
    pub status: TenantStatus,
    /// Where its data lives.
    pub placement: Placement,
    /// The domains that lead to it, in lower case.
    pub domains: Vec<String>,
    /// The plan it is on, in the application's own words.
    pub plan: Option<String>,
    /// What else the application keeps with it.
    pub metadata: serde_json::Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Whether anybody works with a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantStatus {
    /// At work.
    #[default]
    Active,
    /// Its data stays, nobody works with it: 403 at the web edge.
    Suspended,
    /// Put away: 410 at the web edge.
    Archived,
}

impl TenantStatus {
    /// The word the catalog has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
        }
    }

    pub(crate) fn from_catalog(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Archived]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

impl fmt::Display for TenantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a tenant's data lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Placement {
    /// The cluster, by the name the configuration gives it.
    pub cluster: String,
    /// The schema.
    pub schema: SchemaName,
    /// Changes whenever the placement is made anew: a tenant dropped and made again under the
    /// same name is another one.
    pub generation: i64,
}
