//! The way to what is known of tenants' migrations.

use super::TenantManager;
use crate::{Identifier, Result, TenantId, Version, Versions, access::Access, versions::Known};

impl TenantManager {
    /// Which migrations each tenant has, and the shared schema.
    #[must_use]
    pub fn versions(&self) -> Versions {
        Versions::new(self.clone())
    }

    /// Whether the application can begin to serve: PostgreSQL answers, and the shared schema has what
    /// is `needed`.
    ///
    /// # Errors
    ///
    /// [`Error::Migrating`](crate::Error::Migrating) when it has not; those of a statement when PostgreSQL doesn't answer.
    pub async fn ready(&self, needed: &Version) -> Result<()> {
        self.shared().query("SELECT 1", &[]).await?;
        self.versions().require_shared(needed).await?;
        Ok(())
    }

    /// The way to a tenant at work.
    pub(crate) async fn access_of(&self, id: &TenantId) -> Result<Access> {
        Ok(self.access(&self.resident(id).await?.active()?.place))
    }

    /// The way to a tenant that the index has, if what it says counts.
    pub(crate) fn access_now(&self, id: &TenantId) -> Option<Access> {
        let found = self.is_certain().then(|| self.inner.index.get(id).ok()).flatten()?;
        Some(self.access(&found.place))
    }

    /// The way to the shared schema.
    pub(crate) fn shared_access(&self) -> Access {
        self.access(&self.inner.shared)
    }

    /// Whether announcements of migrations are heard now.
    pub(crate) fn hears(&self) -> bool {
        self.inner.has_rows && self.inner.keeper.is_some() && self.inner.index.is_fresh()
    }

    pub(crate) fn ledger_table(&self) -> &Identifier {
        &self.inner.config.migrations().table
    }

    pub(crate) fn known(&self) -> &Known {
        &self.inner.known
    }
}
