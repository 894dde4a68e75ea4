//! Plugins written in Rust, beside those written in JavaScript: in the same scopes, in the same order of hooks.
//!
//! ```
//! use tenantry_fastify::native::{Flow, Hook, NativePlugin, Reply, Scope};
//!
//! struct Health;
//!
//! impl NativePlugin for Health {
//!     fn name(&self) -> &str {
//!         "health"
//!     }
//!
//!     fn register(&self, scope: &mut Scope) -> Result<(), String> {
//!         scope.decorate("region", serde_json::json!("eu"));
//!         scope.hook(Hook::OnRequest, |_request| async { Ok(Flow::go_on().header("x-region", "eu")) });
//!         scope.on_send(|request, answer| async move { Ok(answer.with_header("x-tenant", request.tenant_id())) });
//!         scope.get("/health", |request| async move { Ok(Reply::json(&serde_json::json!({ "path": request.path() }))) });
//!         Ok(())
//!     }
//! }
//! ```

mod app;
mod hook;
mod ordered;
mod outgoing;
mod panics;
mod request;
mod scope;
mod tenant;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

pub use app::NativeApp;
pub use hook::Hook;
pub(crate) use hook::HookItem;
pub(crate) use ordered::{filled, ordered};
pub use outgoing::Outgoing;
pub(crate) use panics::watched;
pub use request::NativeRequest;
pub(crate) use request::RequestParts;
pub(crate) use scope::Item;
pub use scope::Scope;
pub use tenant::Tenant;

/// A plugin written in Rust. It is registered once for each application that it is part of: for a tenant in JavaScript
/// once in each of the tenant's isolates, and again in those of each reload.
pub trait NativePlugin: Send + Sync + 'static {
    /// By which others depend on it: `fastify.hasPlugin(name)`, `dependencies` of JavaScript's plugins.
    fn name(&self) -> &str;

    /// Native plugins that must be there, and come before it.
    fn dependencies(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Lower ones come first; those with equal numbers in the order they are given.
    fn order(&self) -> i32 {
        0
    }

    /// Adds routes, hooks, decorations and schemas. What it adds to the scope itself is for the whole application, as with
    /// `fastify-plugin`; [`Scope::register`] makes scopes of their own. An error or a panic keeps the application from being
    /// loaded, and so does what cannot be added (a route that is there already, a schema without `$id`), whatever becomes of
    /// other broken parts.
    fn register(&self, scope: &mut Scope) -> Result<(), String>;
}

/// How a request goes on after a hook.
#[derive(Debug)]
pub enum Flow {
    /// To the next one.
    GoOn {
        /// Headers of the answer, whoever makes it.
        headers: HeaderMap,
        /// Properties of `request` from here on: `user`, for one.
        properties: Vec<(String, Value)>,
    },
    /// To the answer.
    Answer(Reply),
}

impl Flow {
    /// To the next one.
    pub fn go_on() -> Self {
        Self::GoOn { headers: HeaderMap::new(), properties: Vec::new() }
    }

    /// With a header of the answer. One that is none is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        else {
            return self;
        };
        match &mut self {
            Self::GoOn { headers, .. } => headers.append(name, value),
            Self::Answer(reply) => reply.response.headers_mut().append(name, value),
        };
        self
    }

    /// With a property of `request`. Up to 64 K characters of JSON of them, with the parameters, come back to later hooks
    /// ([`NativeRequest::property`]).
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: Value) -> Self {
        if let Self::GoOn { properties, .. } = &mut self {
            properties.push((name.into(), value));
        }
        self
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    /// Status, headers and body.
    pub response: Response<Bytes>,
}

impl Reply {
    /// JSON with status 200.
    pub fn json(value: &Value) -> Self {
        let mut response = Response::new(Bytes::from(value.to_string()));
        let kind = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        Self { response }
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }
}

impl From<Response<Bytes>> for Reply {
    fn from(response: Response<Bytes>) -> Self {
        Self { response }
    }
}

/// An error that the application's error handlers get, as if JavaScript had thrown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeError {
    /// `error.statusCode`.
    pub status: StatusCode,
    /// `error.code`.
    pub code: String,
    /// `error.message`.
    pub message: String,
}

impl NativeError {
    /// An error with a code.
    pub fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }
}

impl std::fmt::Display for NativeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NativeError {}

pub(crate) type HandlerFn =
    Arc<dyn Fn(NativeRequest) -> BoxFuture<'static, Result<Reply, NativeError>> + Send + Sync>;

fn boxed<F, R, T>(run: F) -> Arc<dyn Fn(NativeRequest) -> BoxFuture<'static, T> + Send + Sync>
where
    F: Fn(NativeRequest) -> R + Send + Sync + 'static,
    R: Future<Output = T> + Send + 'static,
{
    Arc::new(move |request| Box::pin(run(request)))
}
