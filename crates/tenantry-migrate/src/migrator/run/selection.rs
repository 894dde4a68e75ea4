use std::{collections::BTreeSet, sync::Arc};

use tenantry::{Error, Tenant, TenantId};

use crate::{Failure, Result, migrator::Migrator};

/// Which tenants something is to be done with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    All,
    These(&'a [TenantId]),
    None,
}

/// The tenants, and why the ids are none that are no tenant's.
pub(in crate::migrator) type Selected = (Vec<Arc<Tenant>>, Vec<(TenantId, Failure)>);

impl Migrator {
    /// The tenants, by id, each once.
    pub(in crate::migrator) async fn select(&self, which: Which<'_>) -> Result<Selected> {
        let catalog = self.manager.catalog();
        let ids = match which {
            Which::All => return Ok((catalog.list().await?, Vec::new())),
            Which::None => return Ok((Vec::new(), Vec::new())),
            Which::These(ids) => ids.iter().collect::<BTreeSet<_>>(),
        };
        let (mut tenants, mut unknown) = (Vec::new(), Vec::new());
        for id in ids {
            match catalog.get(id).await {
                Ok(tenant) => tenants.push(tenant),
                Err(error @ Error::TenantNotFound(_)) => unknown.push((id.clone(), error.into())),
                Err(error) => return Err(error.into()),
            }
        }
        Ok((tenants, unknown))
    }
}
