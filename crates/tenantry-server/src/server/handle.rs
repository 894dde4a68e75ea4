use std::sync::Arc;

use serde_json::Value;
use tenantry::TenantId;
use tenantry_fastify::{Loaded, PartError, RouteInfo};

/// A tenant as it was loaded.
#[derive(Clone, Debug)]
pub struct TenantHandle {
    id: TenantId,
    loaded: Arc<Loaded>,
}

impl TenantHandle {
    pub(crate) fn new(id: TenantId, loaded: Arc<Loaded>) -> Self {
        Self { id, loaded }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// Whether it is served.
    #[must_use]
    pub fn active(&self) -> bool {
        self.loaded.active
    }

    /// The name it gives itself, else its id.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.loaded.name
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.loaded.config
    }

    /// The names of its services.
    #[must_use]
    pub fn list_services(&self) -> &[String] {
        &self.loaded.services
    }

    /// Its routes, in the order they were added.
    #[must_use]
    pub fn routes(&self) -> &[RouteInfo] {
        &self.loaded.routes
    }

    /// What is broken and was left out, where `tenants.on_broken` is `"part"`.
    #[must_use]
    pub fn errors(&self) -> &[PartError] {
        &self.loaded.errors
    }
}
