//! Which migrations each tenant has, known without asking for each request.
//!
//! While migrations are rolled out in stages, tenants differ. An application says what it needs by a
//! [`Version`], and asks [`TenantManager::versions`](crate::TenantManager::versions) for what a
//! tenant has:
//!
//! - [`requirement`]: what an application needs;
//! - [`applied`]: what a schema has, kept once for all that have the same;
//! - [`memory`]: what is remembered of one schema, and for how long it counts;
//! - [`read`]: asking a schema's ledger.

mod applied;
mod memory;
mod read;
mod requirement;

use std::{sync::Arc, time::Instant};

pub(crate) use self::{applied::Known, memory::Memory};
pub use self::{applied::TenantVersion, requirement::Version};

use self::memory::{Hearing, Look};
use crate::{Error, Result, TenantId, TenantManager, access::Access, error::Migrating};

/// What the tenants' schemas, and the shared one, have of the migrations.
///
/// A tenant's ledger is read once, on first use, and again when somebody announces that it was
/// migrated or rolled back ([`Catalog::announce_migrated`](crate::Catalog::announce_migrated), which
/// `tenantry-migrate` does): a request asks no query for it. A tenant that lacks what is needed is read
/// again at most once a second, and one read at a time, whoever waits for it. What is
/// remembered belongs to a tenant in the index and goes with it.
///
/// Where announcements are not heard (the listener has lost its connection, or there is none, as behind
/// a transaction pooler or with [`discovery`](crate::config::DiscoveryConfig) from elsewhere), what was
/// read counts for a second.
#[derive(Clone, Debug)]
pub struct Versions {
    manager: TenantManager,
}

impl Versions {
    pub(crate) fn new(manager: TenantManager) -> Self {
        Self { manager }
    }

    /// What a tenant at work has.
    ///
    /// # Errors
    ///
    /// As [`TenantManager::tenant`]; those of a statement when its ledger has to be read.
    pub async fn of(&self, tenant: &TenantId) -> Result<TenantVersion> {
        self.look(tenant, None).await
    }

    /// What a tenant at work has, if that is what is `needed`.
    ///
    /// # Errors
    ///
    /// [`Error::Migrating`] when it is not; and as [`of`](Self::of).
    pub async fn require(&self, tenant: &TenantId, needed: &Version) -> Result<TenantVersion> {
        let version = self.look(tenant, Some(needed)).await?;
        check(Some(tenant), needed, version)
    }

    /// Whether [`require`](Self::require) has no ledger to read. No I/O.
    #[must_use]
    pub fn is_known(&self, tenant: &TenantId, needed: &Version) -> bool {
        self.manager.access_now(tenant).is_none_or(|access| {
            let look = access.place.memory.look(Some(needed), self.hearing(), Instant::now());
            matches!(look, Look::Counts(_))
        })
    }

    /// What the shared schema has. What was read counts for a second.
    ///
    /// # Errors
    ///
    /// Those of a statement.
    pub async fn shared(&self) -> Result<TenantVersion> {
        let access = self.manager.shared_access();
        self.remembered(&access, None, Hearing::Deaf).await
    }

    /// What the shared schema has, if that is what is `needed`.
    ///
    /// # Errors
    ///
    /// [`Error::Migrating`] when it is not; those of a statement.
    pub async fn require_shared(&self, needed: &Version) -> Result<TenantVersion> {
        let version = self.shared().await?;
        check(None, needed, version)
    }

    async fn look(&self, tenant: &TenantId, needed: Option<&Version>) -> Result<TenantVersion> {
        let access = self.manager.access_of(tenant).await?;
        let hearing = self.hearing();
        // Mostly there is nothing to wait for.
        match access.place.memory.look(needed, hearing, Instant::now()) {
            Look::Counts(version) => Ok(version),
            Look::Stale => Box::pin(self.remembered(&access, needed, hearing)).await,
        }
    }

    fn hearing(&self) -> Hearing {
        if self.manager.hears() { Hearing::Well } else { Hearing::Deaf }
    }

    /// What is remembered, read again where that no longer counts.
    async fn remembered(
        &self,
        access: &Access,
        needed: Option<&Version>,
        hearing: Hearing,
    ) -> Result<TenantVersion> {
        let memory = &access.place.memory;
        let asked = Instant::now();
        let _one_at_a_time = memory.reading().await;
        // Somebody else may have read it while this one waited.
        if let Look::Counts(version) = memory.look(needed, hearing, Instant::now()) {
            return Ok(version);
        }
        if let Some(error) = memory.failed_since(asked) {
            return Err(error);
        }
        let begun = memory.begin(Instant::now());
        let read = read::read(access, self.manager.ledger_table(), self.manager.known()).await;
        match read {
            Ok(version) => {
                memory.remember(begun, version.clone());
                Ok(version)
            }
            Err(error) => {
                memory.fail(Instant::now(), error.clone());
                Err(error)
            }
        }
    }
}

fn check(
    tenant: Option<&TenantId>,
    needed: &Version,
    version: TenantVersion,
) -> Result<TenantVersion> {
    if version.meets(needed) {
        return Ok(version);
    }
    let (tenant, needed) = (tenant.cloned(), needed.clone());
    Err(Error::Migrating(Arc::new(Migrating { tenant, needed, version })))
}
