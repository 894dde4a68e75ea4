//! Tenants that stand alike, told together.

use std::{cmp::Reverse, collections::HashMap};

use tenantry::TenantId;

use super::standing::Standing;
use crate::{SchemaStatus, StatusGroup, StatusSummary, TenantStatusReport};

/// How many tenants a group names.
const NAMED: usize = 5;

/// What makes tenants stand alike.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    status: SchemaStatus,
    version: Option<String>,
    applied: usize,
    pending: Vec<i64>,
    /// The failure's code and file.
    failure: Option<(&'static str, Option<String>)>,
}

/// Groups while they are made, in the order of their first tenants.
#[derive(Default)]
pub(super) struct Groups {
    groups: Vec<StatusGroup>,
    by_kind: HashMap<Kind, usize>,
}

impl Groups {
    pub(super) fn add(&mut self, id: &TenantId, standing: &Standing<'_>) {
        let failure = standing.error.as_ref();
        let kind = Kind {
            status: standing.status,
            version: standing.version.clone(),
            applied: standing.applied,
            pending: standing.pending.iter().map(|file| file.number).collect(),
            failure: failure.map(|failure| (failure.code, failure.file.clone())),
        };
        let index = *self.by_kind.entry(kind).or_insert_with(|| {
            self.groups.push(StatusGroup {
                tenants: 0,
                such_as: Vec::new(),
                version: standing.version.clone(),
                applied: standing.applied,
                pending: standing.pending.len(),
                status: standing.status,
                error: standing.error.clone(),
            });
            self.groups.len() - 1
        });
        let group = &mut self.groups[index];
        group.tenants += 1;
        if group.such_as.len() < NAMED {
            group.such_as.push(id.clone());
        }
    }

    pub(super) fn into_largest_first(mut self) -> Vec<StatusGroup> {
        self.groups.sort_by_key(|group| Reverse(group.tenants));
        self.groups
    }
}

pub(super) fn summarise(tenants: &[TenantStatusReport]) -> StatusSummary {
    let count = |status| tenants.iter().filter(|tenant| tenant.status == status).count();
    StatusSummary {
        total: tenants.len(),
        ok: count(SchemaStatus::Ok),
        behind: count(SchemaStatus::Behind),
        failed: count(SchemaStatus::Failed),
        missing: count(SchemaStatus::Missing),
    }
}
