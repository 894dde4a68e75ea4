mod future;
mod service;

use std::{fmt, sync::Arc};

use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use tenantry::{TenantContext, TenantManager, Version};
use tower::Layer;
use tracing::Span;

pub use self::{future::TenantFuture, service::TenantService};
use crate::{ApiError, Identify};

type Exempt = Box<dyn Fn(&Parts) -> bool + Send + Sync>;
type Enrich = Box<
    dyn Fn(TenantContext, Parts) -> BoxFuture<'static, Result<TenantContext, ApiError>>
        + Send
        + Sync,
>;
type OnResolved = Box<dyn Fn(&TenantContext, &Parts) + Send + Sync>;

/// Finds each request's tenant and runs the rest within its [context](tenantry::context).
///
/// A request without a tenant gets 400 `TENANT_REQUIRED`, one with a malformed id 400
/// `TENANT_INVALID`, with an unknown one 404 `TENANT_NOT_FOUND`, a suspended one 403
/// `TENANT_SUSPENDED`, an archived one 410 `TENANT_ARCHIVED`. None of this takes a connection. One that
/// lacks migrations the application [requires](Self::requires) gets 503 `TENANT_MIGRATING`.
///
/// ```
/// # fn example(tenants: tenantry::TenantManager) {
/// use axum::http::request::Parts;
/// use tenantry_web::{ApiError, TenantContext, TenantLayer, header};
///
/// struct User(String);
///
/// async fn with_user(context: TenantContext, parts: Parts) -> Result<TenantContext, ApiError> {
///     let name = parts.headers.get("x-user").and_then(|name| name.to_str().ok());
///     Ok(context.with(User(name.unwrap_or("nobody").to_owned())))
/// }
///
/// let layer = TenantLayer::new(tenants, header("x-tenant-id"))
///     .enrich(with_user)
///     .on_resolved(|context, _| println!("for {}", context.tenant_id()))
///     .exempt("/health");
/// # }
/// ```
///
/// With [`Router::layer`](axum::Router::layer) it counts for the fallback, too: an unknown path
/// without a tenant is 400 and not 404. [`Router::route_layer`](axum::Router::route_layer) leaves
/// that alone, and routes added after it need no tenant.
pub struct TenantLayer<I> {
    settings: Arc<Settings<I>>,
}

pub(crate) struct Settings<I> {
    manager: TenantManager,
    identify: I,
    exempt: Vec<Exempt>,
    optional: bool,
    enrich: Vec<Enrich>,
    on_resolved: Vec<OnResolved>,
    needed: Option<Version>,
}

impl<I: Identify> TenantLayer<I> {
    /// A layer that goes by `identify`.
    pub fn new(manager: TenantManager, identify: I) -> Self {
        let (exempt, enrich, on_resolved) = (Vec::new(), Vec::new(), Vec::new());
        let (optional, needed) = (false, None);
        let settings =
            Settings { manager, identify, exempt, optional, enrich, on_resolved, needed };
        Self { settings: Arc::new(settings) }
    }

    /// Checks each request whose tenant was found: an error is its answer. The function gets a
    /// copy of the request's head, and sees what an [`enrich`](Self::enrich) given before it has
    /// added.
    #[must_use]
    pub fn validate<F, Fut, E>(self, check: F) -> Self
    where
        F: Fn(TenantContext, Parts) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<ApiError>,
    {
        self.enrich(move |context, parts| {
            let checked = check(context.clone(), parts);
            async move { checked.await.map(|()| context) }
        })
    }

    /// Adds to the context of each request whose tenant was found: a user, their permissions.
    /// The function gets a copy of the request's head, which extractors can be run on.
    #[must_use]
    pub fn enrich<F, Fut, E>(self, enrich: F) -> Self
    where
        F: Fn(TenantContext, Parts) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<TenantContext, E>> + Send + 'static,
        E: Into<ApiError>,
    {
        self.change(|settings| {
            settings.enrich.push(Box::new(move |context, parts| {
                let enriched = enrich(context, parts);
                Box::pin(async move { enriched.await.map_err(Into::into) })
            }));
        })
    }

    /// Hears of each request whose tenant was found, checked and enriched.
    #[must_use]
    pub fn on_resolved(
        self,
        hear: impl Fn(&TenantContext, &Parts) + Send + Sync + 'static,
    ) -> Self {
        self.change(|settings| settings.on_resolved.push(Box::new(hear)))
    }

    /// Requests are let through only for tenants that have the migrations this application needs.
    /// For others, the answer is 503 `TENANT_MIGRATING` with `Retry-After`, until they have them.
    ///
    /// A request asks no query for it: see [`Versions`](tenantry::Versions).
    ///
    /// ```
    /// # fn example(tenants: tenantry::TenantManager) {
    /// use tenantry_web::{TenantLayer, Version, header};
    ///
    /// let layer = TenantLayer::new(tenants, header("x-tenant-id"))
    ///     .requires(Version::at_least("0012_orders"));
    /// # }
    /// ```
    #[must_use]
    pub fn requires(self, needed: Version) -> Self {
        self.change(|settings| settings.needed = Some(needed))
    }

    /// Requests for exactly this path need no tenant, and have none.
    #[must_use]
    pub fn exempt(self, path: impl Into<String>) -> Self {
        let path = path.into();
        self.exempt_if(move |parts| parts.uri.path() == path)
    }

    /// Requests for which this holds need no tenant, and have none.
    #[must_use]
    pub fn exempt_if(self, holds: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.change(|settings| settings.exempt.push(Box::new(holds)))
    }

    /// A request that names no tenant is let through, without one: handlers take
    /// `Option<TenantDb>`. One that names a wrong tenant is refused as ever.
    #[must_use]
    pub fn optional(self) -> Self {
        self.change(|settings| settings.optional = true)
    }

    fn change(mut self, change: impl FnOnce(&mut Settings<I>)) -> Self {
        let settings = Arc::get_mut(&mut self.settings);
        change(settings.expect("a layer is built before it is cloned"));
        self
    }
}

impl<I: Identify> Settings<I> {
    /// The context of a request's tenant; none where it needs none.
    async fn resolve(&self, parts: &mut Parts) -> Result<Option<TenantContext>, ApiError> {
        if self.exempt.iter().any(|holds| holds(parts)) {
            return Ok(None);
        }
        let Some(id) = self.identify.identify(parts, &self.manager).await? else {
            return if self.optional { Ok(None) } else { Err(ApiError::tenant_required()) };
        };
        Span::current().record("tenant", id.as_str());
        let tenant = self.manager.tenant(&id).await?;
        if let Some(needed) = &self.needed {
            self.manager.versions().require(&id, needed).await?;
        }
        let mut context = TenantContext::of(&self.manager, tenant);
        for enrich in &self.enrich {
            context = enrich(context, parts.clone()).await?;
        }
        for hear in &self.on_resolved {
            hear(&context, parts);
        }
        Ok(Some(context))
    }
}

impl<S, I> Layer<S> for TenantLayer<I> {
    type Service = TenantService<S, I>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService::new(inner, Arc::clone(&self.settings))
    }
}

impl<I> Clone for TenantLayer<I> {
    fn clone(&self) -> Self {
        Self { settings: Arc::clone(&self.settings) }
    }
}

impl<I> fmt::Debug for TenantLayer<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLayer")
            .field("optional", &self.settings.optional)
            .finish_non_exhaustive()
    }
}
