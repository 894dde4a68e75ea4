use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::{
    http::Request,
    response::{IntoResponse, Response},
};
use tower::Service;

use super::{
    Settings,
    future::{Resolving, Stage, TenantFuture},
};
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
    type Future = TenantFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let settings = Arc::clone(&self.settings);
        let manager = settings.manager.clone();
        let (mut parts, body) = request.into_parts();
        let mut resolving: Resolving = Box::pin(async move {
            let resolved = settings.resolve(&mut parts).await;
            (resolved, parts)
        });
        // Mostly there is nothing to wait for: the tenant is in the index.
        let stage = match resolving.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(resolved) => Stage::after(resolved, body, manager, &mut self.inner),
            Poll::Pending => {
                // The one that is ready is called; its clone has to become ready first.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                Stage::Resolving { resolving, next: Some((body, manager, ready)) }
            }
        };
        TenantFuture { stage }
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
