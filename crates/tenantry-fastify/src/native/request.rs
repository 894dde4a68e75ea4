//! A request as native code gets it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Map, Value};
use tenantry_js::TaskContext;

/// A request as native code gets it. Cheap to clone.
#[derive(Clone)]
pub struct NativeRequest {
    inner: Arc<RequestParts>,
}

#[derive(Clone)]
pub(crate) struct RequestParts {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) headers: HeaderMap,
    pub(crate) params: Map<String, Value>,
    pub(crate) body: Bytes,
    pub(crate) properties: Map<String, Value>,
    pub(crate) tenant: Arc<str>,
    pub(crate) context: TaskContext,
}

impl From<RequestParts> for NativeRequest {
    fn from(parts: RequestParts) -> Self {
        Self { inner: Arc::new(parts) }
    }
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

    /// The body as it was sent; empty in `onRequest`.
    pub fn body(&self) -> &Bytes {
        &self.inner.body
    }

    /// What hooks before this one set: `user`, for one.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.inner.properties.get(name)
    }

    /// Whose application it is.
    pub fn tenant_id(&self) -> &str {
        &self.inner.tenant
    }

    /// What the request is handled with: the context given to [`App::handle`](crate::App::handle).
    pub fn context(&self) -> &TaskContext {
        &self.inner.context
    }
}
