//! A schema's folder against its ledger.

use std::{collections::HashMap, sync::Arc};

use tenantry::TenantId;

use crate::{
    Failure, SchemaStatus, TenantStatusReport,
    ledger::State,
    plan::{self, Order},
    site::Site,
    step::{Series, Step},
};

/// How a schema stands.
#[derive(Clone, Debug)]
pub(super) struct Standing<'a> {
    pub(super) version: Option<String>,
    pub(super) applied: usize,
    pub(super) pending: Vec<&'a Step>,
    pub(super) status: SchemaStatus,
    pub(super) error: Option<Failure>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(site: &Site, files: &'a Series, state: &State) -> Self {
        let applied = plan::applied(state);
        let version = match state {
            State::Ledger(ledger) => ledger.last_key_value().map(|(_, newest)| newest.name.clone()),
            _ => None,
        };
        let (pending, status, error) = match plan::pending(files, state, site, Order::Strict) {
            Ok(pending) if pending.is_empty() => (pending, SchemaStatus::Ok, None),
            Ok(pending) => (pending, SchemaStatus::Behind, None),
            Err(failure) => {
                let is_missing = matches!(state, State::NoSchema);
                let status = if is_missing { SchemaStatus::Missing } else { SchemaStatus::Failed };
                (Vec::new(), status, Some(*failure))
            }
        };
        Self { version, applied, pending, status, error }
    }

    pub(super) fn of_tenant(&self, id: &TenantId, site: &Site) -> TenantStatusReport {
        TenantStatusReport {
            id: id.clone(),
            schema: site.schema.clone(),
            version: self.version.clone(),
            applied: self.applied,
            pending: self.pending.len(),
            status: self.status,
            error: self.error.clone(),
        }
    }
}

/// How schemas stand, worked out once for those whose ledgers say the same.
pub(super) struct Standings<'a> {
    files: &'a Series,
    known: HashMap<*const State, Arc<Standing<'a>>>,
}

impl<'a> Standings<'a> {
    pub(super) fn new(files: &'a Series) -> Self {
        Self { files, known: HashMap::new() }
    }

    pub(super) fn of(&mut self, site: &Site, state: &Arc<State>) -> Arc<Standing<'a>> {
        let work_out = || Arc::new(Standing::of(site, self.files, state));
        match **state {
            // What they are told names the schema.
            State::NoSchema => work_out(),
            _ => Arc::clone(self.known.entry(Arc::as_ptr(state)).or_insert_with(work_out)),
        }
    }
}
