use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use diesel::result::Error as DieselError;
use serde::Serialize;
use tenantry_web::ApiError;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not done.
pub(crate) enum Error {
    /// Nothing in the tenant's tables has the id in the path.
    NotFound(&'static str),
    Api(ApiError),
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        Self::Api(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: &'static str,
        }
        match self {
            Self::NotFound(error) => (StatusCode::NOT_FOUND, Json(Body { error })).into_response(),
            Self::Api(error) => error.into_response(),
        }
    }
}

/// The constraint that an error speaks of.
pub(crate) fn constraint(error: &DieselError) -> &str {
    match error {
        DieselError::DatabaseError(_, about) => about.constraint_name().unwrap_or_default(),
        _ => "",
    }
}
