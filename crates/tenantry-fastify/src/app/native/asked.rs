//! What JavaScript brings when it asks for native code to be run.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use serde_json::{Map, Value};
use tenantry_js::{Data, TaskContext};

use super::users::Users;
use crate::app::answer::latin1;
use crate::app::host::index;
use crate::native::{NativeError, NativeRequest, Outgoing, RequestParts, Tenant};

/// The request: arguments 1 to 5.
pub(super) fn request(
    args: &mut [Data],
    tenant: Tenant,
    users: &Users,
    context: TaskContext,
) -> NativeRequest {
    let body = taken(args, 4).unwrap_or_default();
    // Number, id, ip, ips, protocol, method, URL; the rest is not looked at.
    let head: Vec<&str> = text(args, 1).splitn(8, '\n').collect();
    let part = |at: usize| head.get(at).copied().unwrap_or_default();
    let mut headers = HeaderMap::new();
    let mut lines = text(args, 2).split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        append(&mut headers, name, value);
    }
    let parts = RequestParts {
        method: Method::from_bytes(part(5).as_bytes()).unwrap_or_default(),
        url: part(6).to_owned(),
        id: part(1).to_owned(),
        headers,
        params: object(text(args, 3)),
        properties: object(text(args, 5)),
        user: part(0).parse().ok().and_then(|number| users.of(number)),
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

/// A header, unless there are as many as there can be.
fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), latin1(value)) {
        let _full = headers.try_append(name, value);
    }
}
