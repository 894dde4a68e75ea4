//! A request's path, as routes are compared with it.

use std::borrow::Cow;

/// A path whose escapes stand for text, but for those that would be read as part of the path itself: `%2F` stays.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether such escapes are in it, to be read in parameters.
    pub(super) has_escapes: bool,
}

/// The path of a URL, without its query.
pub(crate) fn path_of(url: &str) -> &str {
    let end = url.as_bytes().iter().skip(1).position(|byte| matches!(byte, b'?' | b'#'));
    end.map_or(url, |at| &url[..=at])
}

/// What stays an escape, and what it stands for.
fn reserved(byte: u8) -> bool {
    matches!(
        byte,
        b'#' | b'$' | b'%' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@'
    )
}

fn hex(bytes: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(bytes).ok().filter(|text| text.len() == 2)?;
    if digits.starts_with('+') {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// Reads the escapes of a path; `None` where one of them is none, or they are no text.
pub(super) fn decode(path: &str) -> Option<Path<'_>> {
    let bytes = path.as_bytes();
    if !bytes.contains(&b'%') {
        return Some(Path { text: Cow::Borrowed(path), has_escapes: false });
    }
    let mut text = Vec::with_capacity(bytes.len());
    let mut has_escapes = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            text.push(byte);
            at += 1;
            continue;
        }
        let value = hex(bytes.get(at + 1..at + 3)?)?;
        if reserved(value) {
            has_escapes = true;
            text.extend_from_slice(&bytes[at..at + 3]);
        } else {
            text.push(value);
        }
        at += 3;
    }
    Some(Path { text: Cow::Owned(String::from_utf8(text).ok()?), has_escapes })
}

/// A parameter's text: what is left of escapes in it is read.
pub(super) fn decode_param(text: &str, has_escapes: bool) -> String {
    if !has_escapes || !text.contains('%') {
        return text.to_owned();
    }
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub(super) fn without_duplicate_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut plain = String::with_capacity(path.len());
    for char in path.chars() {
        if char != '/' || !plain.ends_with('/') {
            plain.push(char);
        }
    }
    Cow::Owned(plain)
}

pub(super) fn without_trailing_slash(path: &str) -> &str {
    if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path }
}
