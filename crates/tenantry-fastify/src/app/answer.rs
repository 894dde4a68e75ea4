//! What JavaScript answers, as a response.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use http::{HeaderMap, Response, StatusCode};
use tenantry_js::{Data, JsError, JsErrorKind};

use super::failure;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Text alone is JSON with status 200; else it is status, headers, body and the number of hooks that are due.
pub(super) fn response(data: Data, is_head: bool, due: impl FnOnce(f64)) -> Response<Bytes> {
    match data {
        Data::Text(text) => {
            let mut response = Response::new(Bytes::from(text));
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            response
        }
        Data::List(parts) => full(parts, is_head, due).unwrap_or_else(malformed),
        _ => malformed("an answer of another shape"),
    }
}

fn full(
    parts: Vec<Data>,
    is_head: bool,
    due: impl FnOnce(f64),
) -> Result<Response<Bytes>, &'static str> {
    let Ok([status, lines, body, hooks]) = <[Data; 4]>::try_from(parts) else {
        return Err("an answer without its four parts");
    };
    if let Data::Number(number) = hooks {
        due(number);
    }
    let body = match body {
        Data::Text(text) => Bytes::from(text),
        Data::Bytes(bytes) => bytes,
        _ => return Err("a body that is neither text nor bytes"),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        status.as_number().and_then(to_status).ok_or("a status that is none")?;
    read_headers(lines.as_text().unwrap_or_default(), is_head, response.headers_mut())?;
    Ok(response)
}

/// One that ends a request: after one below 200 the client would wait for another, or take the
/// connection for something else than HTTP.
fn to_status(number: f64) -> Option<StatusCode> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds")]
    let code = (200.0..600.0).contains(&number).then_some(number as u16)?;
    StatusCode::from_u16(code).ok()
}

/// Lengths and connections are the edge's own affair; but for HEAD, whose length is that of the body it does not have.
fn read_headers(lines: &str, is_head: bool, headers: &mut HeaderMap) -> Result<(), &'static str> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut parts = lines.split('\n');
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header's name")?;
        let mine = name == CONNECTION || name == TRANSFER_ENCODING;
        if mine || (name == CONTENT_LENGTH && !is_head) {
            continue;
        }
        headers.append(name, latin1(value).ok_or("a header's value")?);
    }
    Ok(())
}

/// A header's value whose bytes are one character each.
pub(super) fn latin1(text: &str) -> Option<HeaderValue> {
    if text.is_ascii() {
        return HeaderValue::from_str(text).ok();
    }
    let bytes: Vec<u8> = text.chars().map(|char| u8::try_from(char).ok()).collect::<Option<_>>()?;
    HeaderValue::from_bytes(&bytes).ok()
}

fn malformed(what: &'static str) -> Response<Bytes> {
    failure::response(&JsError {
        kind: JsErrorKind::Result,
        message: format!("the application's answer cannot be sent: {what}"),
        name: String::new(),
        stack: String::new(),
        location: None,
        code: None,
        status: None,
    })
}
