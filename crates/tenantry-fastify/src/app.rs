//! A tenant's application, loaded.

mod answer;
mod config;
mod ending;
mod failure;
mod host;
mod load;
mod native;
mod request;
mod schemas;
mod table;
mod under_way;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tenantry_js::{Data, Engine, Host, Isolate, IsolateStats, JsError, TaskContext};

pub use config::AppConfig;
pub use failure::Failure;

use crate::{LoadError, Loaded, RequestInfo};
use ending::Watch;
use host::AppHost;
use native::Known;
use table::{Found, Table};

/// One isolate with a tenant's application loaded in it. Cheap to clone; the isolate closes with its last handle.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    isolate: Isolate,
    host: Arc<AppHost>,
    loaded: Loaded,
    table: Table,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("isolate", &self.inner.isolate).finish_non_exhaustive()
    }
}

impl App {
    /// Loads a tenant's application: its configuration, index, plugins, schemas, services and routes, then its `onReady` hooks.
    ///
    /// What code asks of the host meanwhile is asked with `context`. Fails with what is broken, by part and place; with
    /// [`OnError::Part`](crate::OnError::Part) such parts are left out and are in [`Loaded::errors`].
    pub async fn load(
        engine: &Engine,
        config: AppConfig,
        context: TaskContext,
    ) -> Result<Self, LoadError> {
        let (isolate, host, loaded, table) = load::load(engine, config, context).await?;
        let inner = Inner { isolate, host, loaded, table };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What was loaded.
    pub fn loaded(&self) -> &Loaded {
        &self.inner.loaded
    }

    /// What the isolate uses. One that is condemned answers no more requests: load another.
    pub fn stats(&self) -> IsolateStats {
        self.inner.isolate.stats()
    }

    /// Answers a request. Errors are answers, too: what went wrong is in the response's extensions as [`Failure`].
    ///
    /// `context` is what the host is given with everything that the tenant's code asks of it for this request; the hooks
    /// that run after it has been answered have one of their own ([`Host::renewed`]). Dropping the future cancels the
    /// request, after which its `signal` tells of that and its `onRequestAbort` hooks run.
    pub async fn handle(
        &self,
        request: Request<Bytes>,
        info: RequestInfo,
        context: TaskContext,
    ) -> Response<Bytes> {
        let inner = &self.inner;
        let url = request.uri().path_and_query().map_or("/", |it| it.as_str());
        let method = request.method().as_str();
        let (target, params) = match inner.table.find(method, url) {
            Found::Target { target, params } => (target, params),
            Found::Answer(response) => return response,
        };
        let route = inner.table.route(target);
        let is_head = request.method() == http::Method::HEAD;
        let watch = Watch::begin(inner, route.watched, &context);
        let args = request::arguments(watch.number(), target, params, route, &request, &info);
        let known = inner.host.identified(watch.number(), info.user);
        let result = inner.isolate.run("dispatch", args, context.clone()).await;
        watch.answered(&result);
        match result {
            Ok(data) => answer::response(data, is_head, |due| inner.respond(due, &context, known)),
            Err(error) => failure::response(&error),
        }
    }

    /// Runs `onListen` hooks: from now on the application is served. What they throw is logged.
    pub async fn ready(&self, context: TaskContext) -> Result<(), JsError> {
        self.inner.isolate.run_lasting("listening", Vec::new(), context).await.map(drop)
    }

    /// Runs `preClose` and `onClose` hooks, and closes the isolate once its requests have ended, or after the given time.
    ///
    /// Fails with what a hook threw; the isolate is closed all the same.
    pub async fn close(&self, within: Duration, context: TaskContext) -> Result<(), JsError> {
        let isolate = &self.inner.isolate;
        let hooks = isolate.run("close", Vec::new(), context);
        let result = tokio::time::timeout(within, hooks).await;
        isolate.close(within).await;
        match result {
            Ok(Err(error)) if !error.ends_isolate() => Err(error),
            _ => Ok(()),
        }
    }
}

impl Inner {
    /// Runs the `onResponse` hooks of an answered request, beside its answer. Its user is known until they have ended.
    fn respond(&self, due: f64, context: &TaskContext, known: Option<Known>) {
        let (isolate, context) = (self.isolate.clone(), self.host.renewed(context));
        tokio::spawn(async move {
            let _known = known;
            let ran = isolate.run("responded", vec![Data::Number(due)], context).await;
            if let Err(error) = ran {
                tracing::debug!(isolate = isolate.name(), %error, "onResponse hooks did not end");
            }
        });
    }
}
