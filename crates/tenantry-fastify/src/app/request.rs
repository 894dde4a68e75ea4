//! A request as JavaScript gets it: a few strings, taken apart there when somebody asks.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, Request};
use tenantry_js::Data;

use super::table::Route;
use crate::RequestInfo;

/// `dispatch(target, values, head, headers, body)`.
pub(super) fn arguments(
    number: u64,
    target: u32,
    params: Vec<String>,
    route: &Route,
    request: &Request<Bytes>,
    info: &RequestInfo,
) -> Vec<Data> {
    vec![
        Data::from(target),
        values(params),
        Data::Text(head(number, request, info)),
        Data::Text(headers(request)),
        if route.body { body(request.body(), route.limit) } else { Data::Undefined },
    ]
}

/// One value is itself.
pub(super) fn values(mut params: Vec<String>) -> Data {
    match params.len() {
        0 => Data::Undefined,
        1 => params.pop().map_or(Data::Undefined, Data::Text),
        _ => Data::List(params.into_iter().map(Data::Text).collect()),
    }
}

/// Number, id, ip, ips, protocol, method, URL, content type, user: a line each.
fn head(number: u64, request: &Request<Bytes>, info: &RequestInfo) -> String {
    let url = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let mut head = String::with_capacity(96 + url.len() + info.id.len());
    let _infallible = writeln!(head, "{number}");
    push_line(&mut head, &info.id);
    if let Some(ip) = info.ip {
        let _infallible = write!(head, "{ip}");
    }
    head.push('\n');
    for (at, ip) in info.ips.iter().enumerate() {
        let _infallible = write!(head, "{}{ip}", if at > 0 { "," } else { "" });
    }
    head.push('\n');
    head.push_str(if info.https { "https\n" } else { "http\n" });
    push_line(&mut head, request.method().as_str());
    push_line(&mut head, url);
    if let Some(kind) = request.headers().get(CONTENT_TYPE) {
        head.push('=');
        push_latin1(&mut head, kind.as_bytes());
    }
    head.push('\n');
    if let Some(user) = &info.user {
        // JSON has no line breaks outside of strings, and escapes those within.
        let _infallible = write!(head, "{user}");
    }
    head
}

fn push_line(head: &mut String, text: &str) {
    head.extend(text.chars().map(|char| if char == '\n' { ' ' } else { char }));
    head.push('\n');
}

/// Name and value in turns; several of one name are one, as Node joins them.
fn headers(request: &Request<Bytes>) -> String {
    let headers = request.headers();
    let mut text = String::with_capacity(headers.len() * 40);
    for name in headers.keys() {
        if *name == SET_COOKIE {
            for value in headers.get_all(name) {
                push_header(&mut text, name.as_str(), |text| push_latin1(text, value.as_bytes()));
            }
            continue;
        }
        push_header(&mut text, name.as_str(), |text| push_values(text, headers, name));
    }
    if !headers.contains_key(HOST)
        && let Some(authority) = request.uri().authority()
    {
        push_header(&mut text, "host", |text| text.push_str(authority.as_str()));
    }
    text
}

fn push_header(text: &mut String, name: &str, value: impl FnOnce(&mut String)) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(name);
    text.push('\n');
    value(text);
}

fn push_values(text: &mut String, headers: &HeaderMap, name: &http::HeaderName) {
    let separator = if *name == COOKIE { "; " } else { ", " };
    let once = matches!(
        name.as_str(),
        "age"
            | "authorization"
            | "content-length"
            | "content-type"
            | "etag"
            | "expires"
            | "from"
            | "host"
            | "if-modified-since"
            | "if-unmodified-since"
            | "last-modified"
            | "location"
            | "max-forwards"
            | "proxy-authorization"
            | "referer"
            | "retry-after"
            | "server"
            | "user-agent"
    );
    for (at, value) in headers.get_all(name).iter().enumerate() {
        if at > 0 {
            if once {
                break;
            }
            text.push_str(separator);
        }
        push_latin1(text, value.as_bytes());
    }
}

/// A header's bytes, one character each, as Node reads them.
fn push_latin1(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(ascii) if ascii.is_ascii() => text.push_str(ascii),
        _ => text.extend(bytes.iter().map(|byte| char::from(*byte))),
    }
}

/// Text where it is text; for one that is too large its length alone.
fn body(body: &Bytes, limit: usize) -> Data {
    if body.is_empty() {
        return Data::Undefined;
    }
    if body.len() > limit {
        #[expect(clippy::cast_precision_loss, reason = "a length is compared, not counted with")]
        return Data::Number(body.len() as f64);
    }
    match std::str::from_utf8(body) {
        Ok(text) if !text.starts_with('\u{feff}') => Data::Text(text.to_owned()),
        _ => Data::Bytes(body.clone()),
    }
}
