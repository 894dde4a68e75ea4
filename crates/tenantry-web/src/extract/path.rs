use axum::{
    extract::{FromRequestParts, Path as AxumPath, path::ErrorKind, rejection::PathRejection},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::{ApiError, FieldError};

/// What the path holds: [`axum::extract::Path`], refusing with 400 `VALIDATION_ERROR`.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match AxumPath::from_request_parts(parts, state).await {
            Ok(AxumPath(value)) => Ok(Self(value)),
            Err(rejection) => Err(invalid(rejection)),
        }
    }
}

fn invalid(rejection: PathRejection) -> ApiError {
    let PathRejection::FailedToDeserializePathParams(failure) = rejection else {
        return ApiError::internal(rejection);
    };
    let one = |field: String, message| ApiError::validation([FieldError::new(field, message)]);
    match failure.into_kind() {
        ErrorKind::DeserializeError { key, message, .. } => one(key, message),
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            one(key, format!("is not a valid {expected_type}"))
        }
        ErrorKind::InvalidUtf8InPathParam { key } => one(key, "is not UTF-8".to_owned()),
        ErrorKind::ParseErrorAtIndex { expected_type, .. }
        | ErrorKind::ParseError { expected_type, .. } => {
            ApiError::invalid(format!("the path does not hold a valid {expected_type}"))
        }
        ErrorKind::Message(message) => ApiError::invalid(format!("the path is wrong: {message}")),
        // The route and the handler do not fit together.
        kind => ApiError::internal(kind.to_string()),
    }
}
