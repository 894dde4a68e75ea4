mod future;
mod service;

use std::{
    fmt,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use tenantry::{TenantContext, TenantId, TenantManager, Version};
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
    reception: Reception,
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
        let reception = Reception { manager, defers: false };
        let (optional, needed) = (false, None);
        let settings =
            Settings { reception, identify, exempt, optional, enrich, on_resolved, needed };
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

    /// Refuses nothing by itself: a request without a tenant, or with a wrong one, is refused where a
    /// handler asks for the tenant ([`TenantDb`](crate::TenantDb), [`Tenant`](crate::Tenant), …),
    /// and goes on where none does.
    ///
    /// So one layer is put around a whole router, whatever its routes need: an unknown path is 404
    /// as ever, and what asks for no tenant needs none. Without a tenant there is no context, and no
    /// way to any tenant's data.
    ///
    /// ```
    /// # fn example(tenants: tenantry::TenantManager) {
    /// use axum::{Router, routing::get};
    /// use tenantry_web::{TenantDb, TenantLayer, header};
    /// use tower::Layer;
    ///
    /// let router: Router = Router::new()
    ///     .route("/projects", get(async |_: TenantDb| "a tenant's"))
    ///     .route("/health", get(async || "everybody's"));
    /// let app = TenantLayer::new(tenants, header("x-tenant-id")).deferred().layer(router);
    /// # }
    /// ```
    #[must_use]
    pub fn deferred(self) -> Self {
        self.change(|settings| settings.reception.defers = true)
    }

    fn change(mut self, change: impl FnOnce(&mut Settings<I>)) -> Self {
        let settings = Arc::get_mut(&mut self.settings);
        change(settings.expect("a layer is built before it is cloned"));
        self
    }
}

/// What requests without a tenant go by.
#[derive(Clone)]
pub(crate) struct Reception {
    manager: TenantManager,
    /// Whether they are let in, for the extractors to refuse.
    defers: bool,
}

/// How far a request's tenant is known without waiting.
pub(crate) enum Resolved {
    /// All there is to know.
    Known(Result<Option<TenantContext>, ApiError>),
    /// Its id. Its row has to be read, or something is to be added to its context.
    Named(TenantId),
    /// Nothing.
    Unknown,
}

impl<I: Identify> Settings<I> {
    /// Finds what can be told of a request's tenant without waiting: mostly all, since ids stand in the
    /// request and tenants in memory.
    pub(crate) fn resolve_now(&self, parts: &mut Parts) -> Resolved {
        if !self.identify.is_immediate() {
            return Resolved::Unknown;
        }
        let id = match now(self.name(parts)) {
            None => return Resolved::Unknown,
            Some(Err(error)) => return Resolved::Known(Err(error)),
            Some(Ok(None)) => return Resolved::Known(Ok(None)),
            Some(Ok(Some(id))) => id,
        };
        if !self.enrich.is_empty() || !self.knows_version(&id) {
            return Resolved::Named(id);
        }
        match now(self.context(&id, parts)) {
            Some(context) => Resolved::Known(context.map(Some)),
            None => Resolved::Named(id),
        }
    }

    /// The context of a request's tenant, whose id may be known; none where it needs none.
    pub(crate) async fn resolve(
        &self,
        id: Option<TenantId>,
        parts: &mut Parts,
    ) -> Result<Option<TenantContext>, ApiError> {
        let id = match id {
            Some(id) => id,
            None => match self.name(parts).await? {
                Some(id) => id,
                None => return Ok(None),
            },
        };
        self.context(&id, parts).await.map(Some)
    }

    /// Whether the tenant's ledger need not be read first.
    fn knows_version(&self, id: &TenantId) -> bool {
        let needed = self.needed.as_ref();
        needed.is_none_or(|needed| self.reception.manager.versions().is_known(id, needed))
    }

    /// The id that a request names; none where it needs none.
    async fn name(&self, parts: &mut Parts) -> Result<Option<TenantId>, ApiError> {
        if self.exempt.iter().any(|holds| holds(parts)) {
            return Ok(None);
        }
        match self.identify.identify(parts, &self.reception.manager).await? {
            None if !self.optional && !self.reception.defers => Err(ApiError::tenant_required()),
            named => Ok(named),
        }
    }

    async fn context(&self, id: &TenantId, parts: &Parts) -> Result<TenantContext, ApiError> {
        Span::current().record("tenant", id.as_str());
        let mut context = TenantContext::new(&self.reception.manager, id).await?;
        if let Some(needed) = &self.needed {
            self.reception.manager.versions().require(id, needed).await?;
        }
        for enrich in &self.enrich {
            context = enrich(context, parts.clone()).await?;
        }
        for hear in &self.on_resolved {
            hear(&context, parts);
        }
        Ok(context)
    }
}

/// What a future gives at once, if it does.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
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
