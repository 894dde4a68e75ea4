//! A route's path, read: `/users/:id`, `/range/:from-:to`, `/id/:id(^\d+$)`, `/files/*`.

use super::AddError;

/// A piece of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Static(String),
    Params(Params),
    Wildcard,
}

/// One or more parameters between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Params {
    pub(super) names: Vec<String>,
    /// The expression they are taken apart by, where it needs one.
    pub(super) regex: Option<String>,
    /// The text after the last of them.
    pub(super) suffix: Option<String>,
    /// Characters of the text between and after them.
    pub(super) text_length: usize,
    /// What tells it from others at the same place.
    pub(super) canonical: String,
}

/// A path in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) pieces: Vec<Piece>,
    pub(super) names: Vec<String>,
    /// The path without the names of parameters.
    pub(super) canonical: String,
}

/// `/users/:id?` is `/users/:id` and `/users`.
pub(super) fn optional(path: &str) -> Result<Option<(String, String)>, AddError> {
    let Some(at) = optional_mark(path) else { return Ok(None) };
    let rest = &path[at + 1..];
    if !(rest.is_empty() || rest == "/") {
        return Err(AddError::invalid(
            "Optional Parameter needs to be the last parameter of the path",
        ));
    }
    let start = path[..at].rfind('/').unwrap_or(0);
    let with = format!("{}{rest}", &path[..at]);
    let without = format!("{}{rest}", &path[..start]);
    Ok(Some((with, if without.is_empty() { "/".to_owned() } else { without })))
}

/// Where the `?` of a parameter without an expression is.
fn optional_mark(path: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = path[from..].find("/:") {
        let start = from + found + 2;
        let end = path[start..].find(['/', '(', ')', '?']).map_or(path.len(), |at| start + at);
        if path[end..].starts_with('?') {
            return Some(end);
        }
        from = start;
    }
    None
}

/// Reads a path without an optional parameter.
pub(super) fn parse(path: &str) -> Result<Pattern, AddError> {
    if path.is_empty() {
        return Err(AddError::invalid("The path could not be empty"));
    }
    if !path.starts_with(['/', '*']) {
        return Err(AddError::invalid("The first character of a path should be `/` or `*`"));
    }
    let mut pattern = Pattern { pieces: Vec::new(), names: Vec::new(), canonical: String::new() };
    let mut text = String::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        match first {
            ':' if rest[1..].starts_with(':') => {
                text.push(':');
                pattern.canonical.push_str("::");
                rest = &rest[2..];
            }
            ':' => {
                push_static(&mut pattern, &mut text);
                let (params, after) = parse_params(&rest[1..])?;
                pattern.names.extend(params.names.iter().cloned());
                pattern.canonical.push(':');
                pattern.canonical.push_str(&params.canonical);
                pattern.pieces.push(Piece::Params(params));
                rest = after;
            }
            '*' => {
                if rest.len() > 1 {
                    return Err(AddError::invalid(
                        "Wildcard must be the last character in the route",
                    ));
                }
                push_static(&mut pattern, &mut text);
                pattern.names.push("*".to_owned());
                pattern.canonical.push('*');
                pattern.pieces.push(Piece::Wildcard);
                rest = "";
            }
            other => {
                text.push(other);
                pattern.canonical.push(other);
                rest = &rest[other.len_utf8()..];
            }
        }
    }
    push_static(&mut pattern, &mut text);
    if pattern.canonical == "*" {
        pattern.canonical = "/*".to_owned();
    }
    Ok(pattern)
}

fn push_static(pattern: &mut Pattern, text: &mut String) {
    if !text.is_empty() {
        // A percent sign comes as its escape.
        let text = std::mem::take(text).replace('%', "%25");
        pattern.pieces.push(Piece::Static(text));
    }
}

/// Reads what is between the colon and the next slash.
fn parse_params(text: &str) -> Result<(Params, &str), AddError> {
    let mut params = Params {
        names: Vec::new(),
        regex: None,
        suffix: None,
        text_length: 0,
        canonical: String::new(),
    };
    let mut expression = String::new();
    let mut needs_regex = false;
    let mut before: Option<String> = None;
    let mut rest = text;
    loop {
        let end = rest.find(['(', '-', '.', '/']).unwrap_or(rest.len());
        params.names.push(rest[..end].to_owned());
        rest = &rest[end..];
        if rest.starts_with('(') {
            needs_regex = true;
            let close = closing(rest)?;
            expression.push_str(&trim_anchors(&rest[..=close]));
            rest = &rest[close + 1..];
            before = None;
        } else {
            needs_regex |= rest.starts_with(['-', '.']);
            match before.take() {
                // After text: the text again, or anything that does not begin like it.
                Some(text) => expression.push_str(&format!("({text}|(?:(?!{text}).)*)")),
                None => expression.push_str("(.*?)"),
            }
            before = Some(String::new());
        }
        let (text, after) = static_part(rest);
        rest = after;
        params.canonical.push_str("()");
        params.canonical.push_str(&text);
        params.suffix = (!text.is_empty()).then(|| text.clone());
        params.text_length += text.encode_utf16().count();
        if !text.is_empty() {
            let escaped = fancy_regex::escape(&text).into_owned();
            expression.push_str(&escaped);
            if before.is_some() {
                before = Some(escaped);
            }
        }
        match rest.strip_prefix(':') {
            Some(next) => {
                before = before.filter(|text| !text.is_empty());
                rest = next;
            }
            None => break,
        }
    }
    if needs_regex {
        params.regex = Some(format!("^{expression}$"));
    } else {
        params.canonical = params.suffix.clone().unwrap_or_default();
    }
    Ok((params, rest))
}

/// Text up to the next parameter or slash; `::` is a colon.
fn static_part(text: &str) -> (String, &str) {
    let mut part = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '/' {
            break;
        }
        if first == ':' {
            if !rest[1..].starts_with(':') {
                break;
            }
            part.push(':');
            rest = &rest[2..];
            continue;
        }
        part.push(first);
        rest = &rest[first.len_utf8()..];
    }
    (part.replace('%', "%25"), rest)
}

/// Where the parenthesis that `text` begins with is closed.
fn closing(text: &str) -> Result<usize, AddError> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => {}
        }
    }
    Err(AddError::invalid(format!("Invalid regexp expression in \"{text}\"")))
}

/// `(^\d+$)` without its anchors: it is one part of a larger one.
fn trim_anchors(text: &str) -> String {
    let mut inner = &text[1..text.len() - 1];
    inner = inner.strip_prefix('^').unwrap_or(inner);
    if inner.ends_with('$') && !inner.ends_with("\\$") {
        inner = &inner[..inner.len() - 1];
    }
    format!("({inner})")
}
