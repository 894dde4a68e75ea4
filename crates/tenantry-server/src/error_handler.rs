//! What the program answers where a tenant's code has failed.

use std::{borrow::Cow, fmt, sync::Arc};

use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::request::Parts;

use crate::server::TenantHandle;

type Handler = dyn Fn(FailedRequest) -> BoxFuture<'static, Response> + Send + Sync;

/// A handler of errors for the whole server.
pub(crate) struct ErrorHandler(Box<Handler>);

impl ErrorHandler {
    pub(crate) fn new<F, Fut, R>(handler: F) -> Self
    where
        F: Fn(FailedRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = R> + Send + 'static,
        R: IntoResponse,
    {
        Self(Box::new(move |failed| {
            let answering = handler(failed);
            Box::pin(async move { answering.await.into_response() })
        }))
    }

    pub(crate) async fn answer(&self, failed: FailedRequest) -> Response {
        (self.0)(failed).await
    }
}

/// A request that a tenant's code has failed to answer, and that no handler of the tenant's own has
/// answered.
#[derive(Clone)]
pub struct FailedRequest {
    pub(crate) request: Arc<Parts>,
    pub(crate) request_id: String,
    pub(crate) tenant: TenantHandle,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
}

impl FailedRequest {
    /// The request's head.
    #[must_use]
    pub fn request(&self) -> &Parts {
        &self.request
    }

    /// The request's id.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The tenant, with its configuration.
    #[must_use]
    pub fn tenant(&self) -> &TenantHandle {
        &self.tenant
    }

    /// The error's code, such as `FST_ERR_VALIDATION`; `INTERNAL_ERROR` where it has none.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The error's message, as the tenant's code has it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status it would be answered with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }
}

impl fmt::Debug for FailedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedRequest")
            .field("tenant", self.tenant.id())
            .field("status", &self.status)
            .field("code", &self.code)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}
