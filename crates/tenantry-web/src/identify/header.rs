use axum::http::{HeaderName, request::Parts};
use tenantry::{Alphabet, TenantId};

use super::{ReadId, identify_by_reading, parse_only};
use crate::ApiError;

/// The tenant's id in a header: see [`header`].
#[derive(Clone, Debug)]
pub struct Header(HeaderName);

/// The tenant's id in a header, such as `x-tenant-id`. The value is taken as it is: nothing is
/// decoded.
///
/// # Panics
///
/// When `name` cannot be a header's name.
#[must_use]
pub fn header(name: &str) -> Header {
    Header(HeaderName::from_bytes(name.as_bytes()).expect("a header's name"))
}

impl ReadId for Header {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        let Self(name) = self;
        let values = parts.headers.get_all(name).iter();
        parse_only(alphabet, values, format_args!("the header {name}"))
    }
}

identify_by_reading!(Header);
