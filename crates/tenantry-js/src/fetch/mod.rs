//! `fetch`: where it may go, and how it gets there.

mod address;
mod client;

pub(crate) use client::{FetchRequest, fetch};

/// The allow-list of `fetch`. The default allows nothing.
///
/// Redirects are held to it as well. A name that leads to a loopback, private or link-local address
/// is refused where it would be connected to, whatever DNS said before; `localhost` and addresses
/// are reached when an origin lists them as such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchPolicy {
    /// Origins, such as `https://api.example.com` or `http://127.0.0.1:8080`.
    pub origins: Vec<String>,
    /// Whether names may lead to private addresses, for services of one's own network.
    pub private: bool,
}

impl FetchPolicy {
    pub(crate) fn allows(&self, url: &url::Url) -> bool {
        let origin = url.origin();
        origin.is_tuple()
            && self
                .origins
                .iter()
                .filter_map(|listed| url::Url::parse(listed).ok())
                .any(|listed| listed.origin() == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_its_scheme_host_and_port() {
        let origins = vec!["https://api.example.com".into(), "http://127.0.0.1:81".into()];
        let policy = FetchPolicy { origins, private: false };
        let allows = |url: &str| policy.allows(&url::Url::parse(url).unwrap());
        assert!(allows("https://api.example.com/x?y"));
        assert!(allows("https://API.example.com:443/x"));
        assert!(allows("http://127.0.0.1:81/"));
        for url in [
            "http://api.example.com/",
            "https://api.example.com:444/",
            "https://api.example.com.evil.test/",
            "https://evil.test/https://api.example.com",
            "https://api.example.com@evil.test/",
            "http://127.0.0.1/",
            "http://localhost:81/",
            "file:///etc/passwd",
            "data:text/plain,x",
        ] {
            assert!(!allows(url), "{url}");
        }
        assert!(!FetchPolicy::default().allows(&url::Url::parse("https://x.test").unwrap()));
    }
}
