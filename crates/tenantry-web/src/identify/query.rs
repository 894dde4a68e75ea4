use axum::http::request::Parts;
use tenantry::{Alphabet, TenantId};

use super::{ReadId, identify_by_reading, parse_only};
use crate::ApiError;

/// The tenant's id in the query string: see [`query`].
#[derive(Clone, Debug)]
pub struct QueryParam(String);

/// The tenant's id in the query string, as in `/projects?tenant=acme`. Percent-encoding is decoded
/// once.
#[must_use]
pub fn query(name: impl Into<String>) -> QueryParam {
    QueryParam(name.into())
}

impl ReadId for QueryParam {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        let Self(name) = self;
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        parse_only(alphabet, values, format_args!("the query parameter {name}"))
    }
}

identify_by_reading!(QueryParam);
