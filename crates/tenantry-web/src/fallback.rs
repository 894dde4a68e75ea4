use axum::http::{Method, StatusCode, Uri};

use crate::ApiError;

/// Answers what no route matches, as a [fallback](axum::Router::fallback).
pub async fn not_found(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at {}", uri.path()))
}

/// Answers a method that a route does not have, as a
/// [fallback](axum::Router::method_not_allowed_fallback). axum adds `Allow`.
pub async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    let message = format!("{} has no {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
}
