//! Tenants written in Rust, and what a server gives to plugins written in Rust.

mod database;

use std::{error::Error as StdError, fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{Extension, Router, body::Body};
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use serde_json::{Value, json};
use tenantry::{TenantContext, TenantId, TenantManager, context};
use tenantry_fastify::{
    Loaded, RouteInfo,
    native::{NativeApp, NativeError, NativePlugin, Tenant},
};
use tenantry_js::TaskContext;

pub(crate) use self::database::extensions;
pub use self::database::{NativeDatabase, database_error};
use crate::{
    application::{Application, Blueprint, Call, Failed, Origin, Usage},
    error::Broken,
    mount,
    server::Core,
};

/// A tenant written in Rust.
///
/// ```
/// use axum::{Router, routing::get};
/// use futures_util::future::BoxFuture;
/// use tenantry_server::native::{BoxError, NativeTenant, TenantModule};
///
/// struct Reports;
///
/// impl TenantModule for Reports {
///     fn load<'a>(
///         &'a self,
///         tenant: &'a mut NativeTenant,
///     ) -> BoxFuture<'a, Result<Router, BoxError>> {
///         Box::pin(async move {
///             tenant.service("ReportService").route("GET", "/reports");
///             Ok(Router::new().route("/reports", get(async || "none yet")))
///         })
///     }
/// }
/// ```
pub trait TenantModule: Send + Sync + 'static {
    /// Makes the application. Called anew for each reload; the requests under way end in what they
    /// began in.
    ///
    /// # Errors
    ///
    /// Whatever keeps the tenant out.
    fn load<'a>(&'a self, tenant: &'a mut NativeTenant) -> BoxFuture<'a, Result<Router, BoxError>>;

    /// Its configuration, as JavaScript's tenants have theirs: `active`, `name`, `customErrors` and
    /// whatever it likes.
    fn config(&self) -> Value {
        json!({})
    }
}

/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// What a tenant's module gets to load itself with.
pub struct NativeTenant {
    id: TenantId,
    config: Value,
    manager: Option<TenantManager>,
    services: Vec<String>,
    routes: Vec<RouteInfo>,
    plugins: Vec<Arc<dyn NativePlugin>>,
    provided: Vec<Box<dyn FnOnce(Router) -> Router + Send>>,
}

impl NativeTenant {
    /// Whose module it is.
    #[must_use]
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// What [`TenantModule::config`] says.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// The database, if there is one.
    #[must_use]
    pub fn manager(&self) -> Option<&TenantManager> {
        self.manager.as_ref()
    }

    /// Names a service, for statistics.
    pub fn service(&mut self, name: impl Into<String>) -> &mut Self {
        self.services.push(name.into());
        self
    }

    /// A service, by its name, which the router's handlers get as [`Extension<T>`](axum::Extension).
    pub fn provide<T>(&mut self, name: impl Into<String>, service: T) -> &mut Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.provided.push(Box::new(|router| router.layer(Extension(service))));
        self.service(name)
    }

    /// A plugin of this tenant's own, beside those for all tenants ([`native_plugin`]): its routes come before the router's,
    /// and its hooks are for those, too.
    ///
    /// [`native_plugin`]: crate::MultiTenantServerBuilder::native_plugin
    pub fn plugin(&mut self, plugin: impl NativePlugin) -> &mut Self {
        self.plugins.push(Arc::new(plugin));
        self
    }

    /// Names a route, for statistics.
    pub fn route(&mut self, method: impl Into<String>, path: impl Into<String>) -> &mut Self {
        self.routes.push(RouteInfo { method: method.into(), path: path.into() });
        self
    }
}

impl fmt::Debug for NativeTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeTenant").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where a native tenant comes from.
pub(crate) struct NativeOrigin {
    id: TenantId,
    module: Arc<dyn TenantModule>,
    manager: Option<TenantManager>,
    open_requests: usize,
    wall: Duration,
    response_bytes: usize,
    plugins: Vec<Arc<dyn NativePlugin>>,
}

impl NativeOrigin {
    pub(crate) fn origin(
        core: &Core,
        id: &TenantId,
        module: &Arc<dyn TenantModule>,
    ) -> Arc<dyn Origin> {
        let limits = &core.config.limits;
        Arc::new(Self {
            id: id.clone(),
            module: Arc::clone(module),
            manager: core.manager.get().cloned(),
            open_requests: limits.open_requests,
            wall: limits.wall,
            response_bytes: limits.response_bytes,
            plugins: core.native_plugins.clone(),
        })
    }
}

impl Origin for NativeOrigin {
    fn open(&self) -> BoxFuture<'_, Result<Arc<dyn Blueprint>, Broken>> {
        Box::pin(async move {
            let blueprint: Arc<dyn Blueprint> = Arc::new(NativeBlueprint {
                id: self.id.clone(),
                module: Arc::clone(&self.module),
                manager: self.manager.clone(),
                open_requests: self.open_requests,
                wall: self.wall,
                response_bytes: self.response_bytes,
                plugins: self.plugins.clone(),
            });
            Ok(blueprint)
        })
    }

    fn kind(&self) -> &str {
        "native"
    }
}

struct NativeBlueprint {
    id: TenantId,
    module: Arc<dyn TenantModule>,
    manager: Option<TenantManager>,
    open_requests: usize,
    wall: Duration,
    response_bytes: usize,
    plugins: Vec<Arc<dyn NativePlugin>>,
}

impl Blueprint for NativeBlueprint {
    fn build(&self) -> BoxFuture<'_, Result<Arc<dyn Application>, Broken>> {
        Box::pin(async move {
            let config = self.module.config();
            let active = config.get("active").and_then(Value::as_bool).unwrap_or(true);
            let name = config.get("name").and_then(Value::as_str).unwrap_or(self.id.as_str());
            let mut loaded = Loaded {
                active,
                name: name.to_owned(),
                config: config.clone(),
                routes: Vec::new(),
                services: Vec::new(),
                plugins: Vec::new(),
                schemas: Vec::new(),
                errors: Vec::new(),
            };
            let mut tenant = NativeTenant {
                id: self.id.clone(),
                config,
                manager: self.manager.clone(),
                services: Vec::new(),
                routes: Vec::new(),
                plugins: self.plugins.clone(),
                provided: Vec::new(),
            };
            let mut router = match active {
                true => self
                    .module
                    .load(&mut tenant)
                    .await
                    .map_err(|error| Broken::whole(error.to_string()))?,
                false => Router::new(),
            };
            for provide in tenant.provided {
                router = provide(router);
            }
            let extensions = extensions(self.manager.as_ref(), &self.id);
            let whose = Tenant::new(self.id.as_str(), tenant.config, extensions);
            let plugins = NativeApp::new(&tenant.plugins, whose);
            let plugins = plugins.map_err(|error| Broken::whole(error.to_string()))?;
            let plugins = plugins.with_wall(self.wall);
            (loaded.services, loaded.routes) = (tenant.services, tenant.routes);
            loaded.routes.extend(plugins.routes());
            loaded.plugins = plugins.plugins().to_vec();
            let app: Arc<dyn Application> = Arc::new(NativeApplication {
                id: self.id.clone(),
                router: router.fallback(tenantry_web::not_found),
                plugins,
                loaded: Arc::new(loaded),
                manager: self.manager.clone(),
                response_bytes: self.response_bytes,
            });
            Ok(app)
        })
    }

    fn most(&self) -> usize {
        1
    }

    fn open_requests(&self) -> usize {
        self.open_requests
    }

    fn wall(&self) -> Duration {
        self.wall
    }
}

struct NativeApplication {
    id: TenantId,
    router: Router,
    plugins: NativeApp,
    loaded: Arc<Loaded>,
    manager: Option<TenantManager>,
    response_bytes: usize,
}

impl Application for NativeApplication {
    fn handle(&self, call: Call) -> BoxFuture<'static, Response<Bytes>> {
        let (router, manager, id) = (self.router.clone(), self.manager.clone(), self.id.clone());
        let (most, plugins) = (self.response_bytes, self.plugins.clone());
        let Call { request, info } = call;
        Box::pin(async move {
            let known = known(manager.as_ref(), &id).await;
            let task: TaskContext = Arc::new(known.clone());
            let otherwise = async |request: Request<Bytes>| {
                let mut request = request.map(Body::from);
                if let Some(known) = &known {
                    request.extensions_mut().insert(known.clone());
                }
                let answering = async { collect(mount::answer(router, request).await, most).await };
                let answered = AssertUnwindSafe(answering).catch_unwind().await;
                answered.unwrap_or_else(|_panic| {
                    let what = "the tenant's router panicked";
                    tracing::error!(tenant = id.as_str(), "{what}");
                    crate::edge::plain(tenantry_web::ApiError::internal(what))
                })
            };
            let answering = plugins.handle(request, &info, task, otherwise);
            let mut response = match &known {
                Some(known) => context::scope(known.clone(), answering).await,
                None => answering.await,
            };
            // Where a hook has made something else of the error's answer, that is the answer.
            let status = response.status().as_u16();
            if let Some(error) = response.extensions_mut().remove::<NativeError>()
                && status >= 400
            {
                let (code, message) = (error.code, error.message);
                response.extensions_mut().insert(Failed { code, message, status });
            }
            response
        })
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn is_condemned(&self) -> bool {
        false
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded)
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

/// Runs a handler within the tenant's context, where there is a database that knows the tenant.
pub(crate) async fn in_context<F, Fut>(
    manager: Option<&TenantManager>,
    id: &TenantId,
    request: &mut Request<Body>,
    handle: F,
) -> axum::response::Response
where
    F: FnOnce(Request<Body>) -> Fut,
    Fut: Future<Output = axum::response::Response>,
{
    let mut request = std::mem::take(request);
    match known(manager, id).await {
        Some(context) => {
            request.extensions_mut().insert(context.clone());
            context::scope(context, handle(request)).await
        }
        None => handle(request).await,
    }
}

/// The tenant's context, where there is a database that knows the tenant.
async fn known(manager: Option<&TenantManager>, id: &TenantId) -> Option<TenantContext> {
    match manager {
        Some(manager) => TenantContext::new(manager, id).await.ok(),
        None => None,
    }
}

async fn collect(response: axum::response::Response, most: usize) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    match axum::body::to_bytes(body, most).await {
        Ok(body) => Response::from_parts(parts, body),
        Err(error) => crate::edge::plain(tenantry_web::ApiError::internal(error)),
    }
}
