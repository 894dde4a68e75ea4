//! An answer before it is sent.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// An answer before it is sent, as hooks of [`Scope::on_send`](super::Scope::on_send) get it and give it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The status.
    pub status: StatusCode,
    /// The headers so far. Lengths are the server's own affair.
    pub headers: HeaderMap,
    /// The payload, serialized; `None` for a stream, which nobody has read yet. `None` given back leaves it as it is.
    pub payload: Option<Bytes>,
}

impl Outgoing {
    /// The payload where it is text.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.payload.as_ref()?).ok()
    }

    /// With a header, in place of those of its name. One that is none is left out.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            self.headers.insert(name, value);
        }
        self
    }

    /// With another payload. Its content type is to be set, too, where it is another.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.payload = Some(payload.into());
        self
    }
}
