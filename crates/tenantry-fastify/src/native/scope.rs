//! What a native plugin registers.

use std::future::Future;

use serde_json::Value;

use super::{Flow, HandlerFn, Hook, HookFn, NativeError, NativeRequest, Reply, boxed};

/// A scope that a native plugin fills. Scopes inside get what those outside of them have.
#[derive(Default)]
pub struct Scope {
    pub(crate) items: Vec<Item>,
}

pub(crate) enum Item {
    Decorate(String, Value),
    Schema(Value),
    Hook(Hook, HookFn),
    Route(RouteItem),
    Scope { prefix: String, inner: Scope },
}

pub(crate) struct RouteItem {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) handler: HandlerFn,
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("items", &self.items.len()).finish()
    }
}

impl Scope {
    /// `fastify.decorate(name, value)`: data, copied to JavaScript.
    pub fn decorate(&mut self, name: impl Into<String>, value: Value) -> &mut Self {
        self.items.push(Item::Decorate(name.into(), value));
        self
    }

    /// `fastify.addSchema(schema)`.
    pub fn schema(&mut self, schema: Value) -> &mut Self {
        self.items.push(Item::Schema(schema));
        self
    }

    /// `fastify.addHook(…)`: it runs among those of JavaScript, in the order in which they were added.
    pub fn hook<F, R>(&mut self, hook: Hook, run: F) -> &mut Self
    where
        F: Fn(NativeRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Flow, NativeError>> + Send + 'static,
    {
        self.items.push(Item::Hook(hook, boxed(run)));
        self
    }

    /// `fastify.get(path, handler)`.
    pub fn get<F, R>(&mut self, path: impl Into<String>, handler: F) -> &mut Self
    where
        F: Fn(NativeRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, NativeError>> + Send + 'static,
    {
        self.route("GET", path, handler)
    }

    /// `fastify.route({ method, path, handler })`.
    pub fn route<F, R>(
        &mut self,
        method: impl Into<String>,
        path: impl Into<String>,
        handler: F,
    ) -> &mut Self
    where
        F: Fn(NativeRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, NativeError>> + Send + 'static,
    {
        let handler = boxed(handler);
        self.items.push(Item::Route(RouteItem {
            method: method.into(),
            path: path.into(),
            handler,
        }));
        self
    }

    /// `fastify.register(…, { prefix })`: a scope of its own, with a prefix or with `""`.
    pub fn register(
        &mut self,
        prefix: impl Into<String>,
        fill: impl FnOnce(&mut Scope),
    ) -> &mut Self {
        let mut inner = Scope::default();
        fill(&mut inner);
        self.items.push(Item::Scope { prefix: prefix.into(), inner });
        self
    }
}
