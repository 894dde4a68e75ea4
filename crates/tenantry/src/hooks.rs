use std::{fmt, sync::Arc};

use crate::{Error, TenantId};

type OnTenant = Arc<dyn Fn(&TenantId) + Send + Sync>;
type OnError = Arc<dyn Fn(&TenantId, &Error) + Send + Sync>;

/// An application's own functions, called when something happens to a tenant's pool.
///
/// They are called on the task it happens on and must not block; spawn what takes time.
#[derive(Clone, Default)]
pub struct Hooks {
    pool_created: Option<OnTenant>,
    pool_evicted: Option<OnTenant>,
    error: Option<OnError>,
}

impl Hooks {
    /// No hooks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `hook` when a tenant's pool begins: at its first use, or its first after eviction.
    #[must_use]
    pub fn on_pool_created(mut self, hook: impl Fn(&TenantId) + Send + Sync + 'static) -> Self {
        self.pool_created = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` when a tenant's pool ends: by `pool_ttl`, by `max_pools`, by
    /// [`TenantManager::evict`](crate::TenantManager::evict), or because the tenant is gone.
    #[must_use]
    pub fn on_pool_evicted(mut self, hook: impl Fn(&TenantId) + Send + Sync + 'static) -> Self {
        self.pool_evicted = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` with each error that a tenant's statement, or its wait for a connection,
    /// ends with. Migrations are no tenant's statements: the migrator has hooks of its own.
    #[must_use]
    pub fn on_error(mut self, hook: impl Fn(&TenantId, &Error) + Send + Sync + 'static) -> Self {
        self.error = Some(Arc::new(hook));
        self
    }

    pub(crate) fn pool_created(&self, tenant: &TenantId) {
        if let Some(hook) = &self.pool_created {
            hook(tenant);
        }
    }

    pub(crate) fn pool_evicted(&self, tenant: &TenantId) {
        if let Some(hook) = &self.pool_evicted {
            hook(tenant);
        }
    }

    pub(crate) fn error(&self, tenant: &TenantId, error: &Error) {
        if let Some(hook) = &self.error {
            hook(tenant, error);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("pool_created", &self.pool_created.is_some())
            .field("pool_evicted", &self.pool_evicted.is_some())
            .field("error", &self.error.is_some())
            .finish()
    }
}
