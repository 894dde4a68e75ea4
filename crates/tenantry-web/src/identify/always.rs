use axum::http::request::Parts;
use tenantry::{Alphabet, TenantId};

use super::{ReadId, identify_by_reading};
use crate::ApiError;

/// One tenant for every request: see [`always`].
#[derive(Clone, Debug)]
pub struct Always(TenantId);

/// One tenant for every request, as the end of a [chain](super::Identify::or): what names no
/// tenant is this one's.
///
/// ```
/// use tenantry_web::{Identify, TenantId, always, header};
///
/// let default = TenantId::parse("default")?;
/// let chain = header("x-custom-tenant").or(always(default));
/// # Ok::<(), tenantry::InvalidTenantId>(())
/// ```
#[must_use]
pub fn always(id: TenantId) -> Always {
    Always(id)
}

impl ReadId for Always {
    fn read_id(
        &self,
        _parts: &mut Parts,
        _alphabet: Alphabet,
    ) -> Result<Option<TenantId>, ApiError> {
        Ok(Some(self.0.clone()))
    }
}

identify_by_reading!(Always);
