use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;

use super::Query;
use crate::{ApiError, FieldError};

/// Which part of a list: `?limit=100&offset=0`, 100 from the first on where nothing is said.
///
/// A limit that is not in 1 to `MAX`, and what is no number, is 400 `VALIDATION_ERROR`.
///
/// ```
/// use tenantry_web::{ApiError, Json, Page, TenantDb};
///
/// async fn names(mut db: TenantDb, page: Page) -> Result<Json<Vec<String>>, ApiError> {
///     let sql = "SELECT name FROM users ORDER BY name LIMIT $1 OFFSET $2";
///     let rows = db.query(sql, &[&page.limit(), &page.offset()]).await?;
///     Ok(Json(rows.iter().map(|row| row.get(0)).collect()))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<const MAX: u32 = 1000> {
    limit: u32,
    offset: u32,
}

#[derive(Deserialize)]
#[serde(default)]
struct Asked {
    limit: u32,
    offset: u32,
}

impl Default for Asked {
    fn default() -> Self {
        Self { limit: 100, offset: 0 }
    }
}

impl<const MAX: u32> Page<MAX> {
    /// The most items to give.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit.into()
    }

    /// How many to leave out before them.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset.into()
    }
}

impl<S: Sync, const MAX: u32> FromRequestParts<S> for Page<MAX> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(Asked { limit, offset }) = Query::from_request_parts(parts, state).await?;
        if !(1..=MAX).contains(&limit) {
            let message = format!("is not in 1 to {MAX}");
            return Err(ApiError::validation([FieldError::new("limit", message)]));
        }
        Ok(Self { limit, offset })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn of(query: &str) -> Result<(i64, i64), ApiError> {
        let request = Request::get(format!("/?{query}")).body(()).unwrap();
        let page = Page::<500>::from_request_parts(&mut request.into_parts().0, &()).await?;
        Ok((page.limit(), page.offset()))
    }

    #[tokio::test]
    async fn a_page_is_bounded() {
        assert_eq!(of("").await.unwrap(), (100, 0));
        assert_eq!(of("limit=500&offset=4294967295").await.unwrap(), (500, 4_294_967_295));
        for query in ["limit=0", "limit=501", "limit=-1", "limit=x", "limit="] {
            assert_eq!(of(query).await.unwrap_err().details()[0].field(), "limit", "{query}");
        }
        for query in ["offset=-1", "offset=4294967296", "offset=1.5"] {
            assert_eq!(of(query).await.unwrap_err().details()[0].field(), "offset", "{query}");
        }
    }
}
