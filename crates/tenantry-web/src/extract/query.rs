use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

use crate::{ApiError, FieldError};

/// The query string: [`axum::extract::Query`], refusing with 400 `VALIDATION_ERROR` and the field.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let (field, message) = (error.path().to_string(), error.inner().to_string());
        if field == "." {
            return ApiError::invalid(format!("the query is wrong: {message}"));
        }
        ApiError::validation([FieldError::new(field, message)])
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Page {
        limit: Option<u8>,
    }

    #[test]
    fn a_field_that_does_not_fit_is_named() {
        assert_eq!(parse::<Page>("limit=7").unwrap(), Page { limit: Some(7) });
        assert_eq!(parse::<Page>("").unwrap(), Page { limit: None });
        for query in ["limit=", "limit=x", "limit=-1", "limit=256", "limit=%00"] {
            let error = parse::<Page>(query).unwrap_err();
            assert_eq!(error.details()[0].field(), "limit", "{query}");
        }
        let error = parse::<Page>("limit=1&limit=2").unwrap_err();
        assert_eq!(error.message(), "the query is wrong: duplicate field `limit`");
    }
}
