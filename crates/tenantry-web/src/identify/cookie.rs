use axum::http::{header::COOKIE, request::Parts};
use tenantry::{Alphabet, TenantId};

use super::{ReadId, identify_by_reading, parse_only};
use crate::ApiError;

/// The tenant's id in a cookie: see [`cookie`].
#[derive(Clone, Debug)]
pub struct Cookie(String);

/// The tenant's id in a cookie. The value is taken as it is: nothing is decoded or unquoted.
#[must_use]
pub fn cookie(name: impl Into<String>) -> Cookie {
    Cookie(name.into())
}

impl ReadId for Cookie {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        let Self(name) = self;
        let headers = parts.headers.get_all(COOKIE).iter();
        let pairs = headers.flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        let values = pairs
            .filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        parse_only(alphabet, values, format_args!("the cookie {name}"))
    }
}

identify_by_reading!(Cookie);
