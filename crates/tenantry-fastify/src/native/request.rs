//! A request as native code gets it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Map, Value};
use tenantry_js::TaskContext;

use super::Tenant;

/// A request as native code gets it. Cheap to clone.
#[derive(Clone)]
pub struct NativeRequest {
    inner: Arc<RequestParts>,
    body: Bytes,
}

/// All of it but the body.
#[derive(Clone)]
pub(crate) struct RequestParts {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) headers: HeaderMap,
    pub(crate) params: Map<String, Value>,
    pub(crate) properties: Map<String, Value>,
    pub(crate) user: Option<Arc<Value>>,
    pub(crate) tenant: Tenant,
    pub(crate) context: TaskContext,
}

impl std::fmt::Debug for NativeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NativeRequest")
            .field("method", &self.inner.method)
            .field("url", &self.inner.url)
            .finish_non_exhaustive()
    }
}

impl NativeRequest {
    pub(crate) fn new(parts: RequestParts, body: Bytes) -> Self {
        Self { inner: Arc::new(parts), body }
    }

    /// For hooks that look at the answer.
    pub(crate) fn without_body(&self) -> Self {
        Self { inner: self.inner.clone(), body: Bytes::new() }
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.inner.method
    }

    /// Path and query, as they were sent.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        crate::router::path_of(&self.inner.url)
    }

    /// The request's id.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// A parameter of the path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.inner.params.get(name).and_then(Value::as_str)
    }

    /// The body as it was sent. Hooks that run before it is read, and those that look at the answer or at an error
    /// (`preSerialization`, `onSend`, `onError`), have an empty one.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// A property of `request`: `user`, or one that native hooks before this one have set ([`Flow::property`]).
    ///
    /// In an application in JavaScript this is the application's word, whose code may have set something else since, also
    /// in place of whom the edge has identified: see [`user`](Self::user). What JSON cannot write is not there, nor is what
    /// goes beyond 64 K characters of JSON for a request's parameters and properties together; the latter is logged.
    ///
    /// [`Flow::property`]: super::Flow::property
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.inner.properties.get(name)
    }

    /// Whom the edge has identified, such as the claims of a verified token ([`RequestInfo::user`]): as it was given, and
    /// never what code of the application's says. Nobody for requests that an application makes of itself (`inject`), and
    /// for what goes on after the answer without being a hook.
    ///
    /// It is that of a request under way of this very application. Code of the application's that means harm can have a
    /// hook run for another one of its requests under way than it seems.
    ///
    /// [`RequestInfo::user`]: crate::RequestInfo::user
    pub fn user(&self) -> Option<&Value> {
        self.inner.user.as_deref()
    }

    /// Whose application it is: the tenant's configuration, and ways to what is the tenant's.
    pub fn tenant(&self) -> &Tenant {
        &self.inner.tenant
    }

    /// The tenant's id.
    pub fn tenant_id(&self) -> &str {
        self.inner.tenant.id()
    }

    /// What the request is handled with: the context given to [`App::handle`](crate::App::handle).
    pub fn context(&self) -> &TaskContext {
        &self.inner.context
    }
}
