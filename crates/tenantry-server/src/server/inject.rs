//! Requests without a socket.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use tenantry_web::{ApiError, RequestIdLayer};
use tower::{Layer, ServiceExt};

use super::{Core, running};
use crate::edge::Edge;

pub(super) async fn inject(core: &Arc<Core>, request: Request<Bytes>) -> Response<Bytes> {
    if let Err(error) = running::prepare(core).await {
        return whole(axum::response::IntoResponse::into_response(error.answer())).await;
    }
    let edge = RequestIdLayer::new().layer(Edge::new(core));
    match edge.oneshot(request.map(Body::from)).await {
        Ok(response) => whole(response).await,
        Err(never) => match never {},
    }
}

async fn whole(response: Response<Body>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(body) => Response::from_parts(parts, body),
        Err(error) => {
            let answer = ApiError::internal(error);
            let mut response = Response::new(Bytes::from(answer.message().to_owned()));
            *response.status_mut() = answer.status();
            response
        }
    }
}
