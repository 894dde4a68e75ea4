use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use garde::Validate;
use serde::de::DeserializeOwned;

use super::{Json, Query};
use crate::{ApiError, FieldError};

/// Input that fits the rules of its type, as `garde` knows them (feature `garde`): 400
/// `VALIDATION_ERROR` names each field that does not.
///
/// ```
/// use garde::Validate;
/// use serde::Deserialize;
/// use tenantry_web::{Json, Valid};
///
/// #[derive(Deserialize, Validate)]
/// struct NewUser {
///     #[garde(email)]
///     email: String,
///     #[garde(length(chars, min = 1, max = 255))]
///     name: String,
/// }
///
/// async fn create(Valid(Json(new)): Valid<Json<NewUser>>) {}
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Valid<E>(pub E);

impl<T, S> FromRequest<S> for Valid<Json<T>>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(value) = Json::from_request(request, state).await?;
        check(&value)?;
        Ok(Self(Json(value)))
    }
}

impl<T, S> FromRequestParts<S> for Valid<Query<T>>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::from_request_parts(parts, state).await?;
        check(&value)?;
        Ok(Self(Query(value)))
    }
}

fn check<T: Validate<Context = ()>>(value: &T) -> Result<(), ApiError> {
    value.validate().map_err(|report| {
        let faults = report.iter();
        ApiError::validation(
            faults
                .map(|(path, fault)| FieldError::new(path.to_string(), fault.message().to_owned())),
        )
    })
}
