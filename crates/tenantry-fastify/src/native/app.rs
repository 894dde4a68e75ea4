//! Native plugins without any JavaScript: for a tenant that is written in Rust itself.

mod hooks;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use tenantry_js::TaskContext;

use self::hooks::{Hooked, Hooks, after, before, send, tell};
use super::ordered::{filled, ordered};
use super::panics::caught;
use super::scope::{Item, RouteItem};
use super::{
    HandlerFn, NativeError, NativePlugin, NativeRequest, Reply, RequestParts, Scope, Tenant,
};
use crate::router::{Lookup, Router, RouterOptions, path_of};
use crate::{LoadError, RequestInfo, RouteInfo};

/// Native plugins' routes and hooks for a tenant that has no JavaScript. What they decorate, and their schemas, are
/// JavaScript's and of no use here; nor is anything serialized here, so that no hook of `preSerialization` runs. Cheap
/// to clone.
#[derive(Clone)]
pub struct NativeApp {
    inner: Arc<Inner>,
    wall: Duration,
}

/// How long a hook after the answer may take, unless somebody says something else.
const WALL: Duration = Duration::from_secs(30);

struct Inner {
    tenant: Tenant,
    router: Router,
    targets: Vec<Target>,
    /// Those of the whole application.
    hooks: Hooks,
    names: Vec<String>,
}

struct Target {
    plugin: Arc<str>,
    handler: HandlerFn,
    params: Vec<String>,
    hooks: Hooks,
}

impl std::fmt::Debug for NativeApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeApp").field("plugins", &self.inner.names).finish_non_exhaustive()
    }
}

impl NativeApp {
    /// Registers the plugins for a tenant.
    ///
    /// # Errors
    ///
    /// [`LoadError::Native`], for the first that cannot be.
    pub fn new(plugins: &[Arc<dyn NativePlugin>], tenant: Tenant) -> Result<Self, LoadError> {
        let plugins = ordered(plugins)?;
        let mut scopes: Vec<(Arc<str>, Scope)> = Vec::with_capacity(plugins.len());
        for plugin in &plugins {
            scopes.push((Arc::from(plugin.name()), filled(&**plugin, &tenant)?));
        }
        let mut made = Inner {
            tenant,
            router: Router::new(RouterOptions::default()),
            targets: Vec::new(),
            hooks: Vec::new(),
            names: Vec::new(),
        };
        // A plugin's own scope is the application's: its hooks are for routes of plugins before it, too.
        for (plugin, scope) in &scopes {
            made.hooks.extend(own_hooks(plugin, scope));
        }
        let hooks = made.hooks.clone();
        for (plugin, scope) in scopes {
            let fail = |message| LoadError::Native { plugin: plugin.to_string(), message };
            made.add(scope, &plugin, "", &hooks).map_err(fail)?;
            made.names.push(plugin.to_string());
        }
        Ok(Self { inner: Arc::new(made), wall: WALL })
    }

    /// Gives each hook after the answer so much time, and not 30 s.
    #[must_use]
    pub fn with_wall(mut self, wall: Duration) -> Self {
        self.wall = wall;
        self
    }

    /// The plugins' names, in their order.
    pub fn plugins(&self) -> &[String] {
        &self.inner.names
    }

    /// The plugins' routes.
    pub fn routes(&self) -> Vec<RouteInfo> {
        let added = self.inner.router.added().iter();
        added
            .map(|route| RouteInfo { method: route.method.clone(), path: route.path.clone() })
            .collect()
    }

    /// Answers a request: the hooks, then the plugins' route or, where they have none, `otherwise`, which finds the
    /// request as [`NativeRequest`] among its extensions, with the properties that hooks have set.
    ///
    /// An answer to an error of the plugins' has the [`NativeError`] among its extensions. One of a hook that looks at
    /// the answer (`onSend`) is answered without asking those hooks again. Hooks after the answer run on their own. A
    /// panic of a plugin's is logged and answered as an error with status 500; one of `otherwise` is the caller's.
    /// Dropping the future stops before the next hook.
    ///
    /// The answer says nothing of its own length and of the connection, since hooks may have given it another payload;
    /// but for HEAD, whose length is that of the body it does not have.
    pub async fn handle<F, Fut>(
        &self,
        request: Request<Bytes>,
        info: &RequestInfo,
        context: TaskContext,
        otherwise: F,
    ) -> Response<Bytes>
    where
        F: FnOnce(Request<Bytes>) -> Fut,
        Fut: Future<Output = Response<Bytes>>,
    {
        let inner = &self.inner;
        let (method, path) = (request.method().as_str(), path_of_request(&request));
        let (target, values) = match inner.router.find(method, &path) {
            Lookup::Found { target, params } => (inner.targets.get(target as usize), params),
            _ => (None, Vec::new()),
        };
        let hooks = target.map_or(&inner.hooks, |target| &target.hooks);
        let names = target.map_or(&[][..], |target| &target.params);
        let mut parts = RequestParts {
            method: request.method().clone(),
            url: request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned(),
            id: info.id.clone(),
            headers: request.headers().clone(),
            params: names.iter().cloned().zip(values.into_iter().map(Value::String)).collect(),
            properties: Map::new(),
            user: None,
            tenant: inner.tenant.clone(),
            context,
        };
        if let Some(user) = &info.user {
            parts.properties.insert("user".to_owned(), user.clone());
            parts.user = Some(Arc::new(user.clone()));
        }
        let mut headers = HeaderMap::new();
        let early = before(hooks, request.body(), &mut parts, &mut headers).await;
        let native = NativeRequest::new(parts, request.body().clone());
        let answered = match (early, target) {
            (Some(answered), _) => answered,
            (None, Some(target)) => {
                let running = async { (target.handler)(native.clone()).await };
                let answered = caught(&native, &target.plugin, "route", running).await.flatten();
                answered.map(|Reply { response }| response)
            }
            (None, None) => {
                let mut request = request;
                request.extensions_mut().insert(native.clone());
                Ok(otherwise(request).await)
            }
        };
        let is_told = answered.is_err();
        let mut response = match answered.map_err(answerable) {
            Ok(response) => response,
            Err(error) => {
                tell(hooks, &native, &error).await;
                failed(error)
            }
        };
        add(&headers, &mut response);
        let mut response = match send(hooks, &native, response).await.map_err(answerable) {
            Ok(response) => response,
            Err(error) => {
                if !is_told {
                    tell(hooks, &native, &error).await;
                }
                let mut response = failed(error);
                add(&headers, &mut response);
                response
            }
        };
        unframe(response.headers_mut(), native.method() == Method::HEAD);
        after(hooks, native, self.wall);
        response
    }
}

fn path_of_request(request: &Request<Bytes>) -> String {
    path_of(request.uri().path()).to_owned()
}

/// Headers that hooks have set. Whoever answers has the last word.
fn add(headers: &HeaderMap, response: &mut Response<Bytes>) {
    for name in headers.keys() {
        if !response.headers().contains_key(name) {
            for value in headers.get_all(name) {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
    }
}

/// Takes off what whoever sends the answer says by itself. What a router has said of its body need not be so any more.
fn unframe(headers: &mut HeaderMap, is_head: bool) {
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONNECTION);
    if !is_head {
        headers.remove(header::CONTENT_LENGTH);
    }
}

/// An error with the status that it is answered with.
fn answerable(mut error: NativeError) -> NativeError {
    if error.status.as_u16() < 400 {
        error.status = StatusCode::INTERNAL_SERVER_ERROR;
    }
    error
}

/// An error as Fastify answers it.
fn failed(error: NativeError) -> Response<Bytes> {
    let status = error.status;
    let body = json!({
        "statusCode": status.as_u16(),
        "code": error.code,
        "error": status.canonical_reason().unwrap_or_default(),
        "message": error.message,
    });
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response.extensions_mut().insert(error);
    response
}

fn own_hooks(plugin: &Arc<str>, scope: &Scope) -> Hooks {
    let hooks = scope.items.iter().filter_map(|item| match item {
        Item::Hook(hook) => Some(Hooked { plugin: Arc::clone(plugin), hook: hook.clone() }),
        _ => None,
    });
    hooks.collect()
}

impl Inner {
    /// Adds a scope's routes, and those of the scopes within it; `hooks` are its own and those further out.
    fn add(
        &mut self,
        scope: Scope,
        plugin: &Arc<str>,
        prefix: &str,
        hooks: &Hooks,
    ) -> Result<(), String> {
        for item in scope.items {
            match item {
                Item::Route(RouteItem { method, path, handler }) => {
                    let path = match (prefix, path.as_str()) {
                        ("", path) => path.to_owned(),
                        (prefix, "/" | "") => prefix.to_owned(),
                        (prefix, path) => format!("{prefix}{path}"),
                    };
                    let number = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
                    let params = self.router.add(&method, &path, number);
                    let params = params.map_err(|error| error.to_string())?;
                    let (plugin, hooks) = (Arc::clone(plugin), hooks.clone());
                    self.targets.push(Target { plugin, handler, params, hooks });
                }
                Item::Scope { prefix: more, inner } => {
                    let mut all = hooks.clone();
                    all.extend(own_hooks(plugin, &inner));
                    self.add(inner, plugin, &format!("{prefix}{more}"), &all)?;
                }
                Item::Decorate(..) | Item::Schema(_) | Item::Hook(_) => {}
            }
        }
        Ok(())
    }
}
