use std::fmt;

use axum::http::request::Parts;
use tenantry::{Alphabet, TenantId};

use super::parse;
use crate::ApiError;

/// A way to tell a request's tenant by the request alone: no catalog is asked and nothing is waited
/// for.
///
/// What can do this does it for [`Identify`](super::Identify), too. It is what a server of tenants
/// without a database goes by.
pub trait ReadId: Send + Sync + 'static {
    /// The tenant that the request names, as [`identify`](super::Identify::identify) has it.
    ///
    /// # Errors
    ///
    /// 400 `TENANT_INVALID` for an id that is there and malformed, or there twice.
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError>;
}

/// Makes an [`Identify`](super::Identify) of what is a [`ReadId`].
macro_rules! identify_by_reading {
    ($type:ty) => {
        impl $crate::Identify for $type {
            async fn identify(
                &self,
                parts: &mut ::axum::http::request::Parts,
                tenants: &::tenantry::TenantManager,
            ) -> Result<Option<::tenantry::TenantId>, $crate::ApiError> {
                $crate::ReadId::read_id(self, parts, tenants.config().alphabet())
            }

            fn is_immediate(&self) -> bool {
                true
            }
        }
    };
}

pub(super) use identify_by_reading;

/// A function that reads the tenant's id out of a request: see [`read`].
#[derive(Clone, Copy)]
pub struct ReadWith<F>(F);

/// A function that reads the tenant's id out of a request. None where the request names none; what
/// it gives is parsed, and 400 `TENANT_INVALID` if it is no id.
///
/// ```
/// use tenantry_web::read;
///
/// // `user-agent: acme/1.4`
/// let by_agent = read(|parts| {
///     let agent = parts.headers.get("user-agent")?.to_str().ok()?;
///     Some(agent.split_once('/')?.0.to_owned())
/// });
/// ```
pub fn read<F>(function: F) -> ReadWith<F>
where
    F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
{
    ReadWith(function)
}

impl<F> ReadId for ReadWith<F>
where
    F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
{
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        (self.0)(parts).map_or(Ok(None), |text| parse(alphabet, &text))
    }
}

impl<F> super::Identify for ReadWith<F>
where
    F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
{
    async fn identify(
        &self,
        parts: &mut Parts,
        tenants: &tenantry::TenantManager,
    ) -> Result<Option<TenantId>, ApiError> {
        self.read_id(parts, tenants.config().alphabet())
    }

    fn is_immediate(&self) -> bool {
        true
    }
}

impl<F> fmt::Debug for ReadWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadWith").finish_non_exhaustive()
    }
}
