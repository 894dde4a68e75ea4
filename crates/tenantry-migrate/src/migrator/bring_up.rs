//! One schema: everything it lacks, one file after the other.

use tenantry::{SharedSession, TenantId, TenantManager};

use super::outcome::Outcome;
use crate::{
    MigrateOptions, Migration, Migrations, Progress,
    apply::{LedgerTable, NotApplied, apply},
    ledger::{self, State},
    plan,
    site::Site,
};

/// What a schema is to be brought up to, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct BringUp<'a> {
    pub(super) manager: &'a TenantManager,
    pub(super) options: &'a MigrateOptions,
    pub(super) files: &'a Migrations,
    pub(super) site: &'a Site,
    /// Whose schema it is, unless it is the shared one.
    pub(super) tenant: Option<&'a TenantId>,
}

impl BringUp<'_> {
    /// Applies everything the schema lacks, from the state that was read.
    pub(super) async fn run(self, session: &mut SharedSession, mut state: State) -> Outcome {
        let mut outcome = Outcome::default();
        loop {
            let pending = match plan::pending(self.files, &state, self.site) {
                Ok(pending) => pending,
                Err(failure) => return outcome.with_error(*failure),
            };
            let ledger = match state {
                State::Ledger(_) => LedgerTable::There,
                _ => LedgerTable::Missing,
            };
            let Some(file) = self.apply_each(session, ledger, &pending, &mut outcome).await else {
                return outcome;
            };
            // Somebody else is at work here: see how far it is. Not in the session, which keeps no
            // prepared statements from one tenant to the next.
            tracing::debug!(schema = self.site.schema, file = file.name, "the ledger has changed");
            state = match ledger::read(&mut self.manager.shared(), self.site).await {
                Ok(state) => state,
                Err(error) => return outcome.with_error(error.into()),
            };
        }
    }

    /// Applies files until one fails, or finds that the ledger is no longer what was read: then
    /// that file is given back.
    async fn apply_each<'f>(
        self,
        session: &mut SharedSession,
        mut ledger: LedgerTable,
        pending: &[&'f Migration],
        outcome: &mut Outcome,
    ) -> Option<&'f Migration> {
        for (index, file) in pending.iter().enumerate() {
            let left = || pending[index..].iter().map(|file| file.name.clone()).collect();
            if self.options.stop.is_stopped() {
                outcome.pending = left();
                return None;
            }
            match apply(session, self.site, file, ledger).await {
                Ok(()) => {
                    if let Some(tenant) = self.tenant {
                        self.options.tell(Progress::Applied { tenant, file: &file.name });
                    }
                    outcome.applied.push(file.name.clone());
                    ledger = LedgerTable::There;
                }
                Err(NotApplied::LedgerChanged) => return Some(file),
                Err(NotApplied::Failed(failure)) => {
                    outcome.pending = left();
                    outcome.error = Some(failure);
                    return None;
                }
            }
        }
        None
    }
}
