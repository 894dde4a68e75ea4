use axum::http::request::Parts;
use tenantry::{Alphabet, TenantId, TenantManager};

use super::{Identify, ReadId};
use crate::ApiError;

/// One way, and another when that finds none: see [`Identify::or`].
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B> {
    first: A,
    next: B,
}

impl<A, B> Or<A, B> {
    pub(super) fn new(first: A, next: B) -> Self {
        Self { first, next }
    }
}

impl<A: Identify, B: Identify> Identify for Or<A, B> {
    async fn identify(
        &self,
        parts: &mut Parts,
        tenants: &TenantManager,
    ) -> Result<Option<TenantId>, ApiError> {
        let unknown = match self.first.identify(parts, tenants).await {
            Ok(Some(id)) => return Ok(Some(id)),
            Ok(None) => None,
            Err(error) if error.code() == "TENANT_NOT_FOUND" => Some(error),
            Err(error) => return Err(error),
        };
        match (self.next.identify(parts, tenants).await?, unknown) {
            (None, Some(unknown)) => Err(unknown),
            (found, _) => Ok(found),
        }
    }

    fn is_immediate(&self) -> bool {
        self.first.is_immediate() && self.next.is_immediate()
    }
}

impl<A: ReadId, B: ReadId> ReadId for Or<A, B> {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        match self.first.read_id(parts, alphabet)? {
            None => self.next.read_id(parts, alphabet),
            found => Ok(found),
        }
    }
}
