use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::invalid;
use crate::ApiError;

/// What a verified token says, among a request's extensions.
#[derive(Clone, Debug)]
pub struct JwtClaims(Arc<Map<String, Value>>);

impl JwtClaims {
    pub(super) fn new(claims: Map<String, Value>) -> Self {
        Self(Arc::new(claims))
    }

    /// A claim by its name, or by a JSON pointer where it begins with `/`.
    #[must_use]
    pub fn get(&self, claim: &str) -> Option<&Value> {
        let Some(pointer) = claim.strip_prefix('/') else { return self.0.get(claim) };
        let mut names = pointer.split('/').map(|name| name.replace("~1", "/").replace("~0", "~"));
        let first = self.0.get(&names.next()?)?;
        names.try_fold(first, |value, name| value.get(&name))
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// What is asked of a token whose signature is good.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) issuer: Option<Arc<str>>,
    pub(super) audience: Option<Arc<str>>,
    /// In seconds.
    pub(super) leeway: u64,
}

impl Default for Expected {
    fn default() -> Self {
        Self { issuer: None, audience: None, leeway: 60 }
    }
}

impl Expected {
    /// A claim that is there and is not what it has to be by its type is refused, too: a token
    /// whose `nbf` is text is not one without.
    pub(super) fn check(&self, claims: &JwtClaims) -> Result<(), ApiError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let leeway = self.leeway as f64;
        let expires = time(claims, "exp")?
            .ok_or_else(|| invalid("the bearer token has no exp: it would hold for ever"))?;
        if expires + leeway < now {
            let message = "the bearer token has expired";
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "TOKEN_EXPIRED", message));
        }
        if time(claims, "nbf")?.is_some_and(|begins| begins - leeway > now) {
            return Err(invalid("the bearer token does not hold yet"));
        }
        if let Some(issuer) = &self.issuer
            && claims.get("iss").and_then(Value::as_str) != Some(issuer)
        {
            return Err(invalid("the bearer token has another issuer"));
        }
        let meant = match (claims.get("aud"), &self.audience) {
            (None, None) => true,
            (Some(Value::String(one)), Some(audience)) => **one == **audience,
            (Some(Value::Array(many)), Some(audience)) => {
                many.iter().any(|one| one.as_str() == Some(audience))
            }
            _ => false,
        };
        if meant { Ok(()) } else { Err(invalid("the bearer token is for another audience")) }
    }
}

/// A moment, in seconds since 1970.
fn time(claims: &JwtClaims, claim: &'static str) -> Result<Option<f64>, ApiError> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let no_time = || invalid(format!("the claim {claim} of the bearer token is no time"));
    seconds.map(Some).ok_or_else(no_time)
}
