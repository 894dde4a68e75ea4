//! What JavaScript brings when it asks for native code to be run.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};
use tenantry_js::{Data, TaskContext};

use crate::app::host::index;
use crate::native::{NativeError, NativeRequest, Outgoing, RequestParts, Tenant};

/// The request: arguments 1 to 5.
pub(super) fn request(args: &mut [Data], tenant: Tenant, context: TaskContext) -> NativeRequest {
    let body = taken(args, 4).unwrap_or_default();
    let head: Vec<&str> = text(args, 1).split('\n').collect();
    let part = |at: usize| head.get(at).copied().unwrap_or_default();
    let mut headers = HeaderMap::new();
    let mut lines = text(args, 2).split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        append(&mut headers, name, value);
    }
    let mut properties = object(text(args, 5));
    if let Ok(user) = serde_json::from_str::<Value>(part(8)) {
        properties.entry("user").or_insert(user);
    }
    let parts = RequestParts {
        method: Method::from_bytes(part(5).as_bytes()).unwrap_or_default(),
        url: part(6).to_owned(),
        id: part(1).to_owned(),
        headers,
        params: object(text(args, 3)),
        properties,
        tenant,
        context,
    };
    NativeRequest::new(parts, body)
}

/// What is to be serialized: argument 6.
pub(super) fn payload(args: &[Data]) -> Value {
    serde_json::from_str(text(args, 6)).unwrap_or_default()
}

/// An answer: status, headers and payload, from argument 6 on.
pub(super) fn outgoing(args: &mut [Data]) -> Outgoing {
    let mut headers = HeaderMap::new();
    if let Some(Data::List(list)) = args.get(7) {
        for pair in list.chunks_exact(2) {
            if let (Some(name), Some(value)) = (pair[0].as_text(), pair[1].as_text()) {
                append(&mut headers, name, value);
            }
        }
    }
    Outgoing { status: status(args, 6), headers, payload: taken(args, 8) }
}

/// An error: status, code and message, from argument 6 on.
pub(super) fn error(args: &[Data]) -> NativeError {
    NativeError::new(status(args, 6), text(args, 7), text(args, 8))
}

fn text(args: &[Data], at: usize) -> &str {
    args.get(at).and_then(Data::as_text).unwrap_or_default()
}

/// Text or bytes.
fn taken(args: &mut [Data], at: usize) -> Option<Bytes> {
    match args.get_mut(at).map(std::mem::take) {
        Some(Data::Text(text)) => Some(Bytes::from(text)),
        Some(Data::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

fn status(args: &[Data], at: usize) -> StatusCode {
    let number = index(args, at).ok().and_then(|number| u16::try_from(number).ok());
    let status = number.and_then(|number| StatusCode::from_u16(number).ok());
    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// A header whose bytes are one character each.
fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    let bytes: Option<Vec<u8>> = value.chars().map(|it| u8::try_from(it).ok()).collect();
    if let (Ok(name), Some(Ok(value))) =
        (HeaderName::from_bytes(name.as_bytes()), bytes.map(|it| HeaderValue::from_bytes(&it)))
    {
        headers.append(name, value);
    }
}
