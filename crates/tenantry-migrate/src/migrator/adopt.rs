use super::Migrator;
use crate::{
    AdoptOptions, AdoptPlan, Result,
    adopt::{carry_out, plan},
};

impl Migrator {
    /// What [`adopt`](Self::adopt) would do: which tenants are entered in the catalog under which
    /// schemas, and which files their ledgers are given as applied, by what another tool's ledger says.
    /// Writes nothing.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Folder`](crate::MigrateError::Folder);
    /// [`MigrateError::Failed`](crate::MigrateError::Failed) when the source can't be used:
    /// `SOURCE_ELSEWHERE`, `QUERY_INVALID`, `TEMPLATE_INVALID`, `TEMPLATE_NOT_ONE_TO_ONE`;
    /// [`MigrateError::Tenantry`](crate::MigrateError::Tenantry) for a statement's. What is wrong with
    /// one tenant is in the plan.
    pub async fn adopt_plan(&self, options: &AdoptOptions) -> Result<AdoptPlan> {
        plan(self, options).await
    }

    /// Takes a database over as it is, by a plan. The other tool's ledgers stay as they are.
    ///
    /// Each tenant's row in the catalog and its ledger are written in one transaction, so this may be
    /// stopped at any time (drop the future), and the same done again goes on where it was: what is there
    /// is left alone. A tenant whose other ledger has changed since the plan was made is left out with
    /// `LEDGER_CHANGED`. `progress` hears how many schemas are done, of how many.
    ///
    /// # Errors
    ///
    /// [`MigrateError::Tenantry`](crate::MigrateError::Tenantry) when PostgreSQL can't be reached any
    /// more. What goes wrong with one tenant is in the plan that is given back.
    pub async fn adopt(
        &self,
        plan: AdoptPlan,
        progress: impl FnMut(usize, usize),
    ) -> Result<AdoptPlan> {
        carry_out(self, plan, progress).await
    }
}
