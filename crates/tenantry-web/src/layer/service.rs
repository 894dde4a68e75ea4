use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    http::Request,
    response::{IntoResponse, Response},
};
use tower::Service;

use super::{
    Resolved, Settings,
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
        let (mut parts, body) = request.into_parts();
        let id = match self.settings.resolve_now(&mut parts) {
            Resolved::Known(resolved) => {
                let reception = &self.settings.reception;
                let stage = Stage::after(resolved, parts, body, reception, &mut self.inner);
                return TenantFuture { stage };
            }
            Resolved::Named(id) => Some(id),
            Resolved::Unknown => None,
        };
        let settings = Arc::clone(&self.settings);
        let reception = settings.reception.clone();
        let resolving: Resolving = Box::pin(async move {
            let resolved = settings.resolve(id, &mut parts).await;
            (resolved, parts)
        });
        // The one that is ready is called; its clone has to become ready first.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        TenantFuture { stage: Stage::Resolving { resolving, next: Some((body, reception, ready)) } }
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
