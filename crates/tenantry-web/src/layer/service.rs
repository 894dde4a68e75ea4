use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    http::Request,
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use tenantry::context;
use tower::Service;

use super::Settings;
use crate::Identify;

/// A service behind a [`TenantLayer`](crate::TenantLayer).
pub struct TenantService<S, I> {
    inner: S,
    settings: Arc<Settings<I>>,
}

impl<S, I> TenantService<S, I> {
    pub(super) fn new(inner: S, settings: Arc<Settings<I>>) -> Self {
        Self { inner, settings }
    }
}

impl<S, I, B> Service<Request<B>> for TenantService<S, I>
where
    S: Service<Request<B>, Response: IntoResponse, Future: Send> + Clone + Send + 'static,
    I: Identify,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready is called; its clone has to become ready first.
        let clone = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, clone);
        let settings = Arc::clone(&self.settings);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let resolved = match settings.resolve(&mut parts).await {
                Ok(resolved) => resolved,
                Err(error) => return Ok(error.into_response()),
            };
            let answer = match resolved {
                Some(context) => {
                    parts.extensions.insert(context.clone());
                    let request = Request::from_parts(parts, body);
                    context::scope(context, async move { ready.call(request).await }).await
                }
                None => {
                    parts.extensions.insert(settings.manager.clone());
                    ready.call(Request::from_parts(parts, body)).await
                }
            };
            answer.map(IntoResponse::into_response)
        })
    }
}

impl<S: Clone, I> Clone for TenantService<S, I> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), settings: Arc::clone(&self.settings) }
    }
}

impl<S: fmt::Debug, I> fmt::Debug for TenantService<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
