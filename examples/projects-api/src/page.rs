use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;
use tenantry_web::{ApiError, FieldError, Query};

/// The longest page.
const MAX: u32 = 1000;

/// Which part of a list: `?limit=100&offset=0`.
#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Page {
    limit: u32,
    offset: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 100, offset: 0 }
    }
}

impl Page {
    pub(crate) fn limit(&self) -> i64 {
        self.limit.into()
    }

    pub(crate) fn offset(&self) -> i64 {
        self.offset.into()
    }
}

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(page) = Query::<Self>::from_request_parts(parts, state).await?;
        if (1..=MAX).contains(&page.limit) {
            return Ok(page);
        }
        Err(ApiError::validation([FieldError::new("limit", format!("is not in 1 to {MAX}"))]))
    }
}
