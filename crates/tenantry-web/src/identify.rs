//! Where a request names its tenant.

mod always;
mod cookie;
mod domain;
mod header;
mod host;
#[cfg(feature = "jwt")]
mod jwt;
mod or;
mod path;
mod query;
mod read;

use std::fmt::Display;

use axum::http::request::Parts;
use tenantry::{Alphabet, TenantId, TenantManager};

#[cfg(feature = "jwt")]
pub use self::jwt::{Jwt, JwtAlgorithm, JwtClaims, JwtKeyError, JwtKeys, jwt};
pub use self::{
    always::{Always, always},
    cookie::{Cookie, cookie},
    domain::{CustomDomain, Subdomain, custom_domain, subdomain},
    header::{Header, header},
    or::Or,
    path::{PathParam, PathPrefix, path_param, path_prefix},
    query::{QueryParam, query},
    read::{ReadId, ReadWith, read},
};

use crate::ApiError;

/// A way to tell which tenant a request is for.
///
/// `Ok(None)` means that the request names none this way, and the next one of a chain is asked.
/// An id that is there and malformed, or there twice, is an error and ends the chain: a request
/// that says something wrong is not given a second chance to mean something else.
///
/// Ids are parsed by the [configuration](tenantry::Config::parse_tenant_id)'s alphabet, and never
/// trimmed or folded. Whether there is such a tenant is the layer's question.
///
/// ```
/// use axum::http::request::Parts;
/// use tenantry_web::{ApiError, Identify, TenantId, TenantManager};
///
/// /// `Authorization: Bearer TENANT.SECRET`
/// struct ApiKey;
///
/// impl Identify for ApiKey {
///     async fn identify(
///         &self,
///         parts: &mut Parts,
///         tenants: &TenantManager,
///     ) -> Result<Option<TenantId>, ApiError> {
///         let value = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
///         let key = value.and_then(|value| value.strip_prefix("Bearer ")?.split_once('.'));
///         let Some((tenant, _secret)) = key else { return Ok(None) };
///         let id = tenants.config().parse_tenant_id(tenant).map_err(tenantry::Error::from)?;
///         Ok(Some(id))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell which tenant a request is for",
    note = "use `header(\"x-tenant-id\")`, `subdomain(\"example.com\")` and the like, or implement `Identify`"
)]
pub trait Identify: Send + Sync + 'static {
    /// The tenant that the request names.
    fn identify(
        &self,
        parts: &mut Parts,
        tenants: &TenantManager,
    ) -> impl Future<Output = Result<Option<TenantId>, ApiError>> + Send;

    /// Whether [`identify`](Self::identify) never waits for anything, as where it looks at a
    /// header: then nothing is kept for the time that it might. False where it is not said.
    ///
    /// One that waits all the same is begun again.
    fn is_immediate(&self) -> bool {
        false
    }

    /// Asks `next` when this finds none.
    ///
    /// A [custom domain](custom_domain) that is nobody's counts as none, and is the error if
    /// nothing else finds one.
    ///
    /// ```
    /// use tenantry_web::{Identify, custom_domain, header, subdomain};
    ///
    /// let chain = header("x-tenant-id").or(subdomain("example.com")).or(custom_domain());
    /// ```
    fn or<I: Identify>(self, next: I) -> Or<Self, I>
    where
        Self: Sized,
    {
        Or::new(self, next)
    }
}

use self::read::identify_by_reading;

/// An id out of text.
fn parse(alphabet: Alphabet, text: &str) -> Result<Option<TenantId>, ApiError> {
    let id = TenantId::parse_with(alphabet, text).map_err(tenantry::Error::from)?;
    Ok(Some(id))
}

/// An id out of the only one of several values, if there is one.
fn parse_only<T: AsRef<[u8]>>(
    alphabet: Alphabet,
    values: impl Iterator<Item = T>,
    place: impl Display,
) -> Result<Option<TenantId>, ApiError> {
    match only(values, &place)? {
        Some(value) => parse(alphabet, text(value.as_ref(), place)?),
        None => Ok(None),
    }
}

/// The only one of several values. More than one is an error, the same twice included: what reads
/// the first and what reads the last would not agree on the tenant.
fn only<T>(
    mut values: impl Iterator<Item = T>,
    place: impl Display,
) -> Result<Option<T>, ApiError> {
    let first = values.next();
    if values.next().is_some() {
        return Err(ApiError::tenant_invalid(format!("{place} is given more than once")));
    }
    Ok(first)
}

/// Bytes as text.
fn text(bytes: &[u8], place: impl Display) -> Result<&str, ApiError> {
    std::str::from_utf8(bytes)
        .map_err(|error| ApiError::tenant_invalid(format!("{place} is not UTF-8")).because(error))
}
