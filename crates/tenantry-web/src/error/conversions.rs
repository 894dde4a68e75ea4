use axum::http::StatusCode;
use tenantry::{Error, retry::is_retryable, web::TenantRejection};

use super::ApiError;

/// How each error looks from outside. Messages that name SQL, schemas or addresses stay inside.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let code = error.code();
        let of_the_tenant =
            |status, error: Error| Self::new(status, code, error.to_string()).because(error);
        let unavailable = |message, error: Error| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message).because(error)
        };
        match error {
            Error::TenantInvalid(_) => of_the_tenant(StatusCode::BAD_REQUEST, error),
            Error::TenantNotFound(_) | Error::DomainNotFound(_) | Error::TenantMoved(_) => {
                of_the_tenant(StatusCode::NOT_FOUND, error)
            }
            Error::TenantSuspended(_) => of_the_tenant(StatusCode::FORBIDDEN, error),
            Error::TenantArchived(_) => of_the_tenant(StatusCode::GONE, error),
            Error::TenantExists { ref id, .. } => {
                let message = format!("there is a tenant {:?} already", id.as_str());
                Self::new(StatusCode::CONFLICT, code, message).because(error)
            }
            Error::SchemaNameInvalid(_) => {
                let message = "a tenant cannot have this id here";
                Self::new(StatusCode::BAD_REQUEST, code, message).because(error)
            }
            Error::Migrating(ref behind) => {
                let message = match behind.tenant {
                    Some(_) => "this tenant is being migrated; try again in a moment",
                    None => "the server is not ready: what all tenants share is being migrated",
                };
                unavailable(message, error)
            }
            Error::PoolTimeout(_) | Error::PoolSaturated(_) => {
                unavailable("every database connection is in use just now", error)
            }
            Error::PoolClosed => unavailable("the server is shutting down", error),
            Error::Unavailable(_) | Error::CatalogStale(_) => {
                Self::database_unavailable().because(error)
            }
            Error::Database(ref said) if said.is_out_of_room() || is_retryable(&error) => {
                unavailable("the database could not do this just now", error)
            }
            _ => Self::internal_with_code(code, error),
        }
    }
}

impl ApiError {
    fn internal_with_code(code: &'static str, error: Error) -> Self {
        let message = "something went wrong on the server";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, message).because(error)
    }
}

/// For extractors that are called by hand.
impl From<TenantRejection> for ApiError {
    fn from(rejection: TenantRejection) -> Self {
        Self::new(rejection.status(), rejection.code(), rejection.to_string())
    }
}

/// `NotFound` is 404; the rest is as for [`tenantry::Error`].
#[cfg(feature = "diesel")]
impl From<diesel::result::Error> for ApiError {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::not_found("there is no such thing"),
            error => Error::from(error).into(),
        }
    }
}
