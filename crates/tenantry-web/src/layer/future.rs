use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    http::{Request, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use pin_project_lite::pin_project;
use tenantry::{
    context::{self, Scope, TenantContext},
    web::Refusal,
};
use tower::Service;

use super::Reception;
use crate::ApiError;

/// Finds a request's tenant; gives the request's head back.
pub(super) type Resolving = BoxFuture<'static, (Result<Option<TenantContext>, ApiError>, Parts)>;

pin_project! {
    /// What [`TenantService`](super::TenantService) answers.
    #[must_use = "futures do nothing unless polled"]
    pub struct TenantFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        pub(super) stage: Stage<S, B>,
    }
}

pin_project! {
    #[project = StageProjection]
    pub(super) enum Stage<S, B>
    where
        S: Service<Request<B>>,
    {
        /// The tenant is looked for; then its service is called.
        Resolving { resolving: Resolving, next: Option<(B, Reception, S)> },
        /// For a tenant.
        Bound { #[pin] answer: Scope<S::Future> },
        /// A request that needs no tenant.
        Free { #[pin] answer: S::Future },
        /// Without a tenant there is nothing to call.
        Refused { response: Option<Response> },
    }
}

impl<S, B> Stage<S, B>
where
    S: Service<Request<B>>,
{
    /// What comes once it is known whose request this is.
    pub(super) fn after(
        resolved: Result<Option<TenantContext>, ApiError>,
        mut parts: Parts,
        body: B,
        reception: &Reception,
        service: &mut S,
    ) -> Self {
        match resolved {
            Ok(Some(context)) => {
                parts.extensions.insert(context.clone());
                let request = Request::from_parts(parts, body);
                let answer = context::enter(context.clone(), || service.call(request));
                Self::Bound { answer: context::scope(context, answer) }
            }
            Ok(None) => {
                parts.extensions.insert(reception.manager.clone());
                Self::Free { answer: service.call(Request::from_parts(parts, body)) }
            }
            Err(error) if reception.defers => {
                let (status, code) = (error.status(), error.code());
                let message = error.message().to_owned();
                let refusal = Refusal::new(status, code, message, move || error.answer());
                parts.extensions.insert(refusal);
                parts.extensions.insert(reception.manager.clone());
                Self::Free { answer: service.call(Request::from_parts(parts, body)) }
            }
            Err(error) => Self::Refused { response: Some(error.into_response()) },
        }
    }
}

impl<S, B> Future for TenantFuture<S, B>
where
    S: Service<Request<B>, Response: IntoResponse>,
{
    type Output = Result<Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let answer = match stage.as_mut().project() {
                StageProjection::Resolving { resolving, next } => {
                    let (resolved, parts) = ready!(resolving.as_mut().poll(cx));
                    let (body, reception, mut service) = next.take().expect("resolved once");
                    stage.set(Stage::after(resolved, parts, body, &reception, &mut service));
                    continue;
                }
                StageProjection::Bound { answer } => ready!(answer.poll(cx)),
                StageProjection::Free { answer } => ready!(answer.poll(cx)),
                StageProjection::Refused { response } => {
                    return Poll::Ready(Ok(response.take().expect("answered once")));
                }
            };
            return Poll::Ready(answer.map(IntoResponse::into_response));
        }
    }
}

impl<S, B> fmt::Debug for TenantFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantFuture").finish_non_exhaustive()
    }
}
