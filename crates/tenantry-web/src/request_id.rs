//! A request's id: in its answer's `x-request-id`, and in the log.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};
use tracing::{Instrument, instrument::Instrumented};

/// The header, in requests and answers.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a client.
const MAX_LENGTH: usize = 128;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of a request: visible ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The id that the client gave, if it is fit to be repeated and logged.
    fn given(request: &Request) -> Option<Self> {
        let value = request.headers().get(X_REQUEST_ID)?;
        let fits = (1..=MAX_LENGTH).contains(&value.len())
            && value.as_bytes().iter().all(u8::is_ascii_graphic);
        fits.then(|| Self(value.clone()))
    }
}

/// The id of the request that this task answers: for calls to other services.
#[must_use]
pub fn current() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Gives every request an id, or keeps the one its client gave, and logs how it was answered.
///
/// The answer carries it in `x-request-id`. At the level `info` each request has a span, `request`,
/// in which a [`TenantLayer`](crate::TenantLayer) tells the tenant, and an event when it is
/// answered; below that, nothing is done for it.
///
/// Ids are counted up from a random start: sixteen hexadecimal digits.
#[derive(Clone, Debug)]
pub struct RequestIdLayer {
    next: Arc<AtomicU64>,
}

impl RequestIdLayer {
    /// A layer with a random start.
    #[must_use]
    pub fn new() -> Self {
        Self { next: Arc::new(AtomicU64::new(rand::random())) }
    }
}

impl Default for RequestIdLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for RequestIdLayer {
    type Service = RequestIdService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestIdService { inner, next: Arc::clone(&self.next) }
    }
}

/// A service behind a [`RequestIdLayer`].
#[derive(Clone, Debug)]
pub struct RequestIdService<S> {
    inner: S,
    next: Arc<AtomicU64>,
}

impl<S> RequestIdService<S> {
    fn make(&self) -> RequestId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let digits = (0..16).map(|place| {
            let digit = (number >> (60 - 4 * place)) & 0xF;
            b"0123456789abcdef"[digit as usize]
        });
        let mut text = [0; 16];
        text.iter_mut().zip(digits).for_each(|(to, digit)| *to = digit);
        RequestId(HeaderValue::from_bytes(&text).expect("hexadecimal digits are legal"))
    }
}

impl<S> Service<Request> for RequestIdService<S>
where
    S: Service<Request, Response: IntoResponse>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = RequestIdFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let id = RequestId::given(&request).unwrap_or_else(|| self.make());
        let method = request.method();
        let path = request.uri().path();
        let tenant = tracing::field::Empty;
        let span = tracing::info_span!("request", id = id.as_str(), %method, path, tenant);
        let start = (!span.is_disabled()).then(Instant::now);
        let answer = CURRENT.sync_scope(id.clone(), || span.in_scope(|| self.inner.call(request)));
        RequestIdFuture {
            answer: CURRENT.scope(id.clone(), answer).instrument(span),
            id: Some(id),
            start,
        }
    }
}

pin_project! {
    /// What [`RequestIdService`] answers.
    #[must_use = "futures do nothing unless polled"]
    pub struct RequestIdFuture<F> {
        #[pin]
        answer: Instrumented<TaskLocalFuture<RequestId, F>>,
        id: Option<RequestId>,
        // When the request came, if anybody wants to know.
        start: Option<Instant>,
    }
}

impl<F, R, E> Future for RequestIdFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: IntoResponse,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let mut response = ready!(this.answer.as_mut().poll(cx))?.into_response();
        if let Some(id) = this.id.take() {
            response.headers_mut().insert(X_REQUEST_ID, id.0);
        }
        if let Some(start) = this.start {
            let (status, took) = (response.status().as_u16(), start.elapsed());
            this.answer.span().in_scope(|| tracing::info!(status, ?took, "answered"));
        }
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for RequestIdFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestIdFuture").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, convert::Infallible};

    use axum::body::Body;
    use tower::{ServiceExt, service_fn};

    use super::*;

    async fn answered(layer: &RequestIdLayer, given: Option<&str>) -> (String, String) {
        let inside = service_fn(async |_: Request| {
            Ok::<_, Infallible>(current().unwrap().as_str().to_owned())
        });
        let mut request = Request::new(Body::empty());
        if let Some(given) = given {
            request.headers_mut().insert(X_REQUEST_ID, HeaderValue::from_str(given).unwrap());
        }
        let response = layer.layer(inside).oneshot(request).await.unwrap();
        let outside = response.headers()[X_REQUEST_ID].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        (outside, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn ids_are_unique_and_the_same_inside_and_outside() {
        let layer = RequestIdLayer::new();
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let (outside, inside) = answered(&layer, None).await;
            assert_eq!(outside, inside);
            assert_eq!(outside.len(), 16);
            assert!(seen.insert(outside));
        }
    }

    #[tokio::test]
    async fn a_clients_id_is_kept_if_it_can_be_logged() {
        let layer = RequestIdLayer::new();
        assert_eq!(answered(&layer, Some("7-trace")).await.0, "7-trace");
        let long = "a".repeat(129);
        for unfit in ["two words", "", &long] {
            assert_eq!(answered(&layer, Some(unfit)).await.0.len(), 16, "{unfit}");
        }
    }
}
