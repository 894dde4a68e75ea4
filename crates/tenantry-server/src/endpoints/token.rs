//! Who may look after the tenants.

use axum::response::{IntoResponse, Response};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tenantry_web::ApiError;

/// Whether a request brings the token. How long that takes says nothing of the token.
pub(super) fn is_given(headers: &HeaderMap, token: &SecretString) -> bool {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return false;
    };
    let Some((scheme, given)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return false;
    };
    scheme.eq_ignore_ascii_case("bearer") && is_equal(given.trim(), token.expose_secret())
}

/// Digests are of one length, and what their bytes have in common tells nothing of the texts.
fn is_equal(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    let differing = one.iter().zip(other.iter()).fold(0, |all, (one, other)| all | (one ^ other));
    std::hint::black_box(differing) == 0
}

pub(super) fn refusal() -> Response {
    let message = "this needs the server's token, as Authorization: Bearer …";
    let error = ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message);
    let mut response = error.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_has_to_be_there_once_and_whole() {
        let token = SecretString::from("correct-horse-battery");
        let is_allowed = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            is_given(&headers, &token)
        };
        assert!(is_allowed(&["Bearer correct-horse-battery"]));
        assert!(is_allowed(&["bearer correct-horse-battery"]));
        for wrong in [
            "Bearer correct-horse-batter",
            "Bearer correct-horse-battery-",
            "Bearer ",
            "Bearer",
            "Basic correct-horse-battery",
            "correct-horse-battery",
        ] {
            assert!(!is_allowed(&[wrong]), "{wrong}");
        }
        assert!(!is_allowed(&[]));
        assert!(!is_allowed(&["Bearer correct-horse-battery", "Bearer correct-horse-battery"]));
    }
}
