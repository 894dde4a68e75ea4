//! What a native plugin registers.

use std::future::Future;

use serde_json::Value;

use super::hook::{HookItem, boxed_with};
use super::{Flow, HandlerFn, Hook, NativeError, NativeRequest, Outgoing, Reply, Tenant, boxed};

/// A scope that a native plugin fills. Scopes inside get what those outside of them have.
pub struct Scope {
    tenant: Tenant,
    pub(crate) items: Vec<Item>,
}

pub(crate) enum Item {
    Decorate(String, Value),
    Schema(Value),
    Hook(HookItem),
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
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self { tenant, items: Vec::new() }
    }

    /// Whose application the plugin is registered in.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

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
    ///
    /// It is a guard against clients, and none against the code of the application that it is for: where that is
    /// JavaScript, it runs in the chain of that isolate's hooks. That code can keep a hook from running, ask the routes of
    /// plugins itself (`inject`), and set what hooks read of the request. What it cannot forge is what Rust tells:
    /// [`NativeRequest::tenant`] with the id, the database and all else that the program gives, a configuration that is
    /// no module, and the claims of [`NativeRequest::user`].
    pub fn hook<F, R>(&mut self, hook: Hook, run: F) -> &mut Self
    where
        F: Fn(NativeRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Flow, NativeError>> + Send + 'static,
    {
        self.items.push(Item::Hook(HookItem::Request(hook, boxed(run))));
        self
    }

    /// `fastify.addHook("preSerialization", …)`: it gets what the handler gave, as JSON, and may give something else;
    /// `None` leaves it as it is. The keys of what it gives are in the order in which `serde_json` has them.
    ///
    /// What is text, bytes or a stream already is not serialized, so nobody is asked: neither are answers of routes
    /// written in Rust. What JSON cannot write (a `bigint`, a cycle) is not shown, and stays what it is. More than a million
    /// characters of JSON are an error, `TENANTRY_NATIVE_TOO_LARGE` with status 500.
    pub fn pre_serialization<F, R>(&mut self, run: F) -> &mut Self
    where
        F: Fn(NativeRequest, Value) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Value>, NativeError>> + Send + 'static,
    {
        self.items.push(Item::Hook(HookItem::PreSerialization(boxed_with(run))));
        self
    }

    /// `fastify.addHook("onSend", …)`: it gets the application's answers before they are sent, those to errors, too, and
    /// gives them back with what it has changed. Without JavaScript, what answers HEAD keeps its payload, which is none.
    ///
    /// It does not get what others answer in the application's place: that a limit of the isolate's was passed, that a URL
    /// cannot be read (400, 414), and whatever the program around it answers without asking it.
    pub fn on_send<F, R>(&mut self, run: F) -> &mut Self
    where
        F: Fn(NativeRequest, Outgoing) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Outgoing, NativeError>> + Send + 'static,
    {
        self.items.push(Item::Hook(HookItem::OnSend(boxed_with(run))));
        self
    }

    /// `fastify.addHook("onError", …)`: it is told of an error before anybody answers it, and can change nothing. An
    /// error of JavaScript's without a code has an empty one; without a status it has that of its answer, or 500.
    pub fn on_error<F, R>(&mut self, run: F) -> &mut Self
    where
        F: Fn(NativeRequest, NativeError) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.items.push(Item::Hook(HookItem::OnError(boxed_with(run))));
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
        let mut inner = Scope::new(self.tenant.clone());
        fill(&mut inner);
        self.items.push(Item::Scope { prefix: prefix.into(), inner });
        self
    }
}
