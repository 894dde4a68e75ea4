use axum::http::{HeaderName, HeaderValue, header::HOST, request::Parts};

use super::only;
use crate::ApiError;

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The domain a request was sent to: lower case, without its port and a last dot. None for an IPv6
/// address, and where the request does not say.
///
/// An absolute request target counts before `Host`, as RFC 9112 has it.
pub(super) fn domain(parts: &Parts, trust_forwarded: bool) -> Result<Option<String>, ApiError> {
    let header = |name: HeaderName| -> Result<Option<&[u8]>, ApiError> {
        let value = only(parts.headers.get_all(&name).iter(), format_args!("the header {name}"))?;
        Ok(value.map(HeaderValue::as_bytes))
    };
    let forwarded = if trust_forwarded { header(X_FORWARDED_HOST)? } else { None };
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    let sent = match forwarded.or(authority) {
        Some(sent) => Some(sent),
        None => header(HOST)?,
    };
    sent.map_or(Ok(None), without_port)
}

fn without_port(host: &[u8]) -> Result<Option<String>, ApiError> {
    if host.starts_with(b"[") {
        return Ok(None);
    }
    let (name, port) = match host.iter().position(|byte| *byte == b':') {
        Some(colon) => (&host[..colon], &host[colon + 1..]),
        None => (host, &host[host.len()..]),
    };
    let is_legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    if !name.iter().all(is_legal) || !port.iter().all(u8::is_ascii_digit) {
        return Err(ApiError::tenant_invalid("the request's host is not a domain"));
    }
    let name = name.strip_suffix(b".").unwrap_or(name).to_ascii_lowercase();
    Ok(String::from_utf8(name).ok().filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn of(host: &str) -> Option<String> {
        without_port(host.as_bytes()).unwrap()
    }

    #[test]
    fn case_port_and_last_dot_are_taken_off() {
        for host in [
            "acme.example.com",
            "ACME.Example.com",
            "acme.example.com:8080",
            "acme.example.com.",
            "acme.example.com.:443",
            "acme.example.com:",
        ] {
            assert_eq!(of(host).as_deref(), Some("acme.example.com"), "{host}");
        }
        assert_eq!(of("10.0.0.1:80").as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn an_ipv6_address_and_an_empty_host_are_no_domain() {
        for host in ["[::1]", "[::1]:3001", "[fe80::1%25eth0]", "", ".", ":80"] {
            assert_eq!(of(host), None, "{host}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for host in [
            "a b",
            "acme.example.com/x",
            "user@acme.example.com",
            "a,b",
            "ac%6De.example.com",
            "acme.example.com:80:90",
            "acme.example.com:8o",
            "é.example.com",
            "a\"b",
        ] {
            assert_eq!(
                without_port(host.as_bytes()).unwrap_err().code(),
                "TENANT_INVALID",
                "{host}"
            );
        }
    }

    #[test]
    fn a_forwarded_host_counts_only_where_it_is_trusted() {
        let request =
            Request::get("/").header("host", "a.test").header("x-forwarded-host", "b.test");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(domain(&parts, false).unwrap().as_deref(), Some("a.test"));
        assert_eq!(domain(&parts, true).unwrap().as_deref(), Some("b.test"));
    }

    #[test]
    fn two_hosts_are_refused_and_an_absolute_target_counts_first() {
        let request = Request::get("/").header("host", "a.test").header("host", "b.test");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(domain(&parts, false).unwrap_err().code(), "TENANT_INVALID");
        let request = Request::get("http://c.test/").header("host", "a.test");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(domain(&parts, false).unwrap().as_deref(), Some("c.test"));
    }
}
