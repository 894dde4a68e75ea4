//! Routers of Rust's beside the tenants' own applications.

use std::{fmt, sync::Arc};

use axum::{Router, body::Body, extract::Request, response::Response};
use tenantry::TenantId;
use tower::ServiceExt;

/// Routers below prefixes, for all tenants or one.
#[derive(Clone, Default)]
pub(crate) struct Mounts(Arc<Vec<Mount>>);

struct Mount {
    tenant: Option<TenantId>,
    /// Without a slash at its end; empty for everything.
    prefix: String,
    router: Router,
}

impl Mounts {
    pub(crate) fn add(&mut self, tenant: Option<TenantId>, prefix: &str, router: Router) {
        let prefix = prefix.trim_end_matches('/').to_owned();
        let router = match prefix.is_empty() {
            true => router,
            false => Router::new().nest(&prefix, router),
        };
        let mounts = Arc::get_mut(&mut self.0).expect("mounted before it is shared");
        mounts.push(Mount { tenant, prefix, router });
    }

    /// The router that has this path for this tenant: one of its own before one of everybody's.
    pub(crate) fn find(&self, tenant: &TenantId, path: &str) -> Option<Router> {
        let has = |mount: &&Mount| {
            let rest = path.strip_prefix(mount.prefix.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let own = self.0.iter().filter(|mount| mount.tenant.as_ref() == Some(tenant));
        let all = self.0.iter().filter(|mount| mount.tenant.is_none());
        own.chain(all).find(has).map(|mount| mount.router.clone())
    }
}

/// What a router answers.
pub(crate) async fn answer(router: Router, request: Request<Body>) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

impl fmt::Debug for Mounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|mount| (&mount.tenant, &mount.prefix))).finish()
    }
}
