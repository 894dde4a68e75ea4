//! From HTTP to a tenant's application, and back.

mod answer;
mod peer;

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
    time::Instant,
};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use tenantry::config::LimitsConfig;
use tenantry_fastify::RequestInfo;
use tenantry_web::{ApiError, JwtClaims, request_id};
use tokio::time::timeout;
use tower::Service;

pub(crate) use self::answer::plain;
use crate::{
    application::Call,
    endpoints,
    error::ServerError,
    mount,
    native::in_context,
    server::{Core, TenantHandle},
    tenants::Tenant,
};

/// The service behind the socket.
#[derive(Clone)]
pub(crate) struct Edge {
    core: Arc<Core>,
}

impl Edge {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core) }
    }
}

impl Service<Request> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let core = Arc::clone(&self.core);
        Box::pin(async move { Ok(answer(&core, request).await) })
    }
}

async fn answer(core: &Arc<Core>, request: Request) -> Response {
    if let Some(answering) = endpoints::endpoint(core, &request) {
        return answering.await;
    }
    let (mut parts, body) = request.into_parts();
    let tenant = match named(core, &mut parts).await {
        Ok(tenant) => tenant,
        Err(error) => return axum::response::IntoResponse::into_response(error),
    };
    let start = Instant::now();
    let response = serve(core, &tenant, parts, body).await;
    count(&tenant, response.status(), start);
    response
}

/// The tenant that a request names. One that the catalog has suspended or archived is refused.
async fn named(core: &Arc<Core>, parts: &mut Parts) -> Result<Arc<Tenant>, ApiError> {
    let found = core.identification.identify(parts, core.known()).await?;
    let id = found.ok_or_else(ApiError::tenant_required)?;
    tracing::Span::current().record("tenant", id.as_str());
    let tenant = match core.find(&id).await {
        Ok(Some(tenant)) => tenant,
        Ok(None) => return Err(ServerError::TenantNotFound(id).answer()),
        Err(error) => return Err(error.answer()),
    };
    if let Some(manager) = core.manager.get()
        && let Err(
            error @ (tenantry::Error::TenantSuspended(_) | tenantry::Error::TenantArchived(_)),
        ) = manager.db(&id)
    {
        return Err(error.into());
    }
    Ok(tenant)
}

async fn serve(core: &Arc<Core>, tenant: &Arc<Tenant>, parts: Parts, body: Body) -> Response {
    if let Some(router) = core.mounts.find(tenant.id(), parts.uri.path()) {
        let request = Request::from_parts(parts, body);
        return match mounted(core, tenant, router, request).await {
            Ok(response) => response,
            Err(error) => axum::response::IntoResponse::into_response(error.answer()),
        };
    }
    let body = match read(&parts, body, &core.config.limits).await {
        Ok(body) => body,
        Err(error) => return axum::response::IntoResponse::into_response(error),
    };
    let info = info(core, &parts);
    let head = core.error_handler.load().is_some().then(|| Arc::new(parts.clone()));
    let id = info.id.clone();
    let call = Call { request: http::Request::from_parts(parts, body), info };
    match tenant.handle(&core.tenants, call).await {
        Ok(response) => answer::finished(core, tenant, head, id, response).await,
        Err(error) => axum::response::IntoResponse::into_response(error.answer()),
    }
}

/// What a router of Rust's answers. It is let in, or refused, as a request for the tenant's own
/// application is.
async fn mounted(
    core: &Arc<Core>,
    tenant: &Arc<Tenant>,
    router: Router,
    mut request: Request,
) -> Result<Response, ServerError> {
    let inside = tenant.enter(&core.tenants).await?;
    let handle = TenantHandle::new(tenant.id().clone(), inside.loaded());
    request.extensions_mut().insert(handle);
    let run = |request| mount::answer(router, request);
    let answering = in_context(core.manager.get(), tenant.id(), &mut request, run);
    let wall = inside.wall();
    let late = |_| ServerError::TenantLate { id: tenant.id().clone(), wall };
    timeout(wall, answering).await.map_err(late)
}

/// What the application is told beside the request itself.
fn info(core: &Core, parts: &Parts) -> RequestInfo {
    let trusted = core.config.listen.trust_proxy;
    let peer = peer::Peer::of(parts, trusted);
    RequestInfo {
        id: request_id::current().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        ip: peer.ip,
        ips: peer.ips,
        https: peer.https,
        user: parts.extensions.get::<JwtClaims>().map(|claims| claims.all().clone().into()),
    }
}

/// The whole body, if it is not larger than it may be, and does not take longer than the request may.
async fn read(parts: &Parts, body: Body, limits: &LimitsConfig) -> Result<Bytes, ApiError> {
    let most = limits.request_bytes;
    let too_large = || {
        let message = format!("the request's body is larger than {most} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    };
    if body.size_hint().exact() == Some(0) {
        return Ok(Bytes::new());
    }
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    if length.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let Ok(read) = timeout(limits.wall, Limited::new(body, most).collect()).await else {
        let message = format!("the request's body has not come within {:?}", limits.wall);
        return Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "BODY_TIMEOUT", message));
    };
    match read {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(ApiError::invalid("the request's body ended early").because(error)),
    }
}

fn count(tenant: &Tenant, status: StatusCode, start: Instant) {
    let counted = tenant.counted();
    counted.requests.fetch_add(1, Relaxed);
    counted.of_all.increment(1);
    if status.is_server_error() {
        counted.errors.fetch_add(1, Relaxed);
        counted.failed.increment(1);
    }
    counted.took.record(start.elapsed());
}
