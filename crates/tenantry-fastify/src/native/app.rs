//! Native plugins without any JavaScript: for a tenant that is written in Rust itself.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use tenantry_js::TaskContext;

use super::ordered::ordered;
use super::scope::{Item, RouteItem};
use super::{
    Flow, HandlerFn, Hook, HookFn, NativeError, NativePlugin, NativeRequest, Reply, RequestParts,
    Scope,
};
use crate::router::{Lookup, Router, RouterOptions, path_of};
use crate::{LoadError, RequestInfo, RouteInfo};

/// The hooks before the handler, in their order.
const BEFORE: [Hook; 3] = [Hook::OnRequest, Hook::PreValidation, Hook::PreHandler];

/// Native plugins' routes and hooks for a tenant that has no JavaScript. What they decorate, and their schemas, are
/// JavaScript's and of no use here. Cheap to clone.
#[derive(Clone)]
pub struct NativeApp {
    inner: Arc<Inner>,
}

struct Inner {
    tenant: Arc<str>,
    router: Router,
    targets: Vec<Target>,
    /// Those of the whole application.
    hooks: Hooks,
    names: Vec<String>,
}

/// In the order in which they were added.
type Hooks = Vec<(Hook, HookFn)>;

struct Target {
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
    /// Registers the plugins.
    ///
    /// # Errors
    ///
    /// [`LoadError::Native`], for the first that cannot be.
    pub fn new(
        plugins: &[Arc<dyn NativePlugin>],
        tenant: impl Into<Arc<str>>,
    ) -> Result<Self, LoadError> {
        let mut made = Inner {
            tenant: tenant.into(),
            router: Router::new(RouterOptions::default()),
            targets: Vec::new(),
            hooks: Vec::new(),
            names: Vec::new(),
        };
        let filled = ordered(plugins)?;
        // A plugin's own scope is the application's: its hooks are for routes of plugins before it, too.
        for (_, scope) in &filled {
            made.hooks.extend(own_hooks(scope));
        }
        let hooks = made.hooks.clone();
        for (name, scope) in filled {
            let fail = |message| LoadError::Native { plugin: name.to_owned(), message };
            made.add(scope, "", &hooks).map_err(fail)?;
            made.names.push(name.to_owned());
        }
        Ok(Self { inner: Arc::new(made) })
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
    /// An answer to an error of the plugins' has the [`NativeError`] among its extensions. Hooks after the answer run
    /// on their own. Dropping the future stops before the next hook.
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
            body: Bytes::new(),
            properties: Map::new(),
            tenant: inner.tenant.clone(),
            context,
        };
        if let Some(user) = &info.user {
            parts.properties.insert("user".to_owned(), user.clone());
        }
        let mut headers = HeaderMap::new();
        let early = before(hooks, request.body(), &mut parts, &mut headers).await;
        parts.body = request.body().clone();
        let native = NativeRequest::from(parts);
        let mut response = match (early, target) {
            (Some(answered), _) => answered.unwrap_or_else(failed),
            (None, Some(target)) => {
                let answered = (target.handler)(native.clone()).await;
                answered.map_or_else(failed, |Reply { response }| response)
            }
            (None, None) => {
                let mut request = request;
                request.extensions_mut().insert(native.clone());
                otherwise(request).await
            }
        };
        for name in headers.keys() {
            // Whoever answers has the last word.
            if !response.headers().contains_key(name) {
                for value in headers.get_all(name) {
                    response.headers_mut().append(name.clone(), value.clone());
                }
            }
        }
        after(hooks, native);
        response
    }
}

fn path_of_request(request: &Request<Bytes>) -> String {
    path_of(request.uri().path()).to_owned()
}

/// Runs the hooks before the handler; `Some` where one of them has answered, or failed.
async fn before(
    hooks: &Hooks,
    body: &Bytes,
    parts: &mut RequestParts,
    headers: &mut HeaderMap,
) -> Option<Result<Response<Bytes>, NativeError>> {
    for stage in BEFORE {
        if stage != Hook::OnRequest {
            parts.body = body.clone();
        }
        for (_, run) in hooks.iter().filter(|(hook, _)| *hook == stage) {
            match run(NativeRequest::from(parts.clone())).await {
                Ok(Flow::GoOn { headers: more, properties }) => {
                    headers.extend(more);
                    parts.properties.extend(properties);
                }
                Ok(Flow::Answer(Reply { response })) => return Some(Ok(response)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
    None
}

/// Runs the hooks after the answer, for which nobody waits.
fn after(hooks: &Hooks, request: NativeRequest) {
    let due: Vec<HookFn> = hooks
        .iter()
        .filter(|(hook, _)| *hook == Hook::OnResponse)
        .map(|(_, run)| run.clone())
        .collect();
    if !due.is_empty() {
        tokio::spawn(async move {
            for run in due {
                if let Err(error) = run(request.clone()).await {
                    tracing::warn!(%error, "a native plugin's hook after the answer failed");
                }
            }
        });
    }
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
    *response.status_mut() =
        if status.as_u16() < 400 { StatusCode::INTERNAL_SERVER_ERROR } else { status };
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response.extensions_mut().insert(error);
    response
}

fn own_hooks(scope: &Scope) -> Hooks {
    let hooks = scope.items.iter().filter_map(|item| match item {
        Item::Hook(hook, run) => Some((*hook, run.clone())),
        _ => None,
    });
    hooks.collect()
}

impl Inner {
    /// Adds a scope's routes, and those of the scopes within it; `hooks` are its own and those further out.
    fn add(&mut self, scope: Scope, prefix: &str, hooks: &Hooks) -> Result<(), String> {
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
                    self.targets.push(Target { handler, params, hooks: hooks.clone() });
                }
                Item::Scope { prefix: more, inner } => {
                    let mut all = hooks.clone();
                    all.extend(own_hooks(&inner));
                    self.add(inner, &format!("{prefix}{more}"), &all)?;
                }
                Item::Decorate(..) | Item::Schema(_) | Item::Hook(..) => {}
            }
        }
        Ok(())
    }
}
