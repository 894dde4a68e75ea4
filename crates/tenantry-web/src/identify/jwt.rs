//! Tenants by a claim of a JSON web token.

mod algorithm;
mod claims;
mod keys;
mod public_key;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderValue, StatusCode, header::AUTHORIZATION, request::Parts};
use tenantry::{Alphabet, TenantId};

pub use self::{
    algorithm::JwtAlgorithm,
    claims::JwtClaims,
    keys::{JwtKeyError, JwtKeys},
};

use super::{ReadId, identify_by_reading, only, parse};
use crate::ApiError;

/// The tenant's id as a claim of a verified token: see [`jwt`].
#[derive(Clone, Debug)]
pub struct Jwt {
    keys: Arc<RwLock<Arc<JwtKeys>>>,
    claim: Arc<str>,
    expected: claims::Expected,
}

/// The tenant's id as a claim of the token in `Authorization: Bearer …`.
///
/// The token counts only if one of `keys` signed it, by the algorithm that belongs to that key
/// (`none` never does), if it has an `exp` that is not over, and if its `nbf`, if it has one, has
/// come. Otherwise the answer is 401 `TOKEN_INVALID` or `TOKEN_EXPIRED`, and nothing else of a
/// [chain](super::Identify::or) is asked. A request without a bearer token names no tenant this
/// way; a good token without the claim is 400 `TENANT_REQUIRED`, since what follows in a chain
/// would let whoever holds one choose.
///
/// A claim that begins with `/` is a JSON pointer: `/app_metadata/tenant`.
///
/// The claims are among the request's extensions then, as [`JwtClaims`].
///
/// ```
/// use tenantry_web::{JwtAlgorithm, JwtKeys, jwt};
///
/// # let secret = "0123456789abcdef0123456789abcdef";
/// let keys = JwtKeys::secret(JwtAlgorithm::Hs256, secret)?;
/// let by_token = jwt(keys, "tenantId").issuer("https://login.example.com");
/// # Ok::<(), tenantry_web::JwtKeyError>(())
/// ```
#[must_use]
pub fn jwt(keys: JwtKeys, claim: &str) -> Jwt {
    let keys = Arc::new(RwLock::new(Arc::new(keys)));
    Jwt { keys, claim: claim.into(), expected: claims::Expected::default() }
}

impl Jwt {
    /// Only tokens with this `iss`.
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.expected.issuer = Some(issuer.into());
        self
    }

    /// Only tokens that have this `aud`, or this among others. Without it, a token that is for
    /// somebody, and so for somebody else, is refused.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.expected.audience = Some(audience.into());
        self
    }

    /// How far clocks may be apart: 60 seconds if this is not said.
    #[must_use]
    pub fn leeway(mut self, leeway: std::time::Duration) -> Self {
        self.expected.leeway = leeway.as_secs();
        self
    }

    /// Other keys from now on, for this and all its clones.
    pub fn set_keys(&self, keys: JwtKeys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

impl ReadId for Jwt {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        let values = parts.headers.get_all(AUTHORIZATION).iter();
        let Some(token) = only(values, "the header authorization")?.and_then(bearer) else {
            return Ok(None);
        };
        let token = std::str::from_utf8(token)
            .map_err(|error| invalid("the bearer token is no JSON web token").because(error))?;
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let claims = keys.verify(token).map_err(|why| invalid(why.to_string()))?;
        self.expected.check(&claims)?;
        let id = claims.get(&self.claim).ok_or_else(|| {
            let message = format!("the bearer token has no claim \"{}\"", self.claim);
            ApiError::new(StatusCode::BAD_REQUEST, "TENANT_REQUIRED", message)
        })?;
        let id = id.as_str().ok_or_else(|| {
            let claim = &self.claim;
            ApiError::tenant_invalid(format!("the claim \"{claim}\" of the token is not text"))
        })?;
        let id = parse(alphabet, id)?;
        parts.extensions.insert(claims);
        Ok(id)
    }
}

identify_by_reading!(Jwt);

/// What follows `Bearer`, whose case does not matter.
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let value = value.as_bytes();
    let (scheme, token) = value.split_at(value.iter().position(|byte| *byte == b' ')?);
    scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii())
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "TOKEN_INVALID", message)
}
