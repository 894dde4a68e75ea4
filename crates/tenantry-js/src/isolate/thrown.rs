//! Exceptions as [`JsError`]. What was thrown may be anything: an object with a hostile
//! `toString`, a getter that loops, a Proxy. Reading it counts as the running task's, whatever
//! it throws is dropped, and its texts are cut.

use rquickjs::{Ctx, Error, Object, Value};

use super::convert;
use crate::{JsError, JsErrorKind, Location};

/// The most of a message, and of a stack, that is kept.
const MESSAGE: usize = 4 << 10;
const STACK: usize = 16 << 10;

/// The pending exception, or an error of rquickjs's own.
pub(super) fn caught(ctx: &Ctx<'_>, error: Error) -> JsError {
    match error {
        Error::Exception => of(ctx, ctx.catch()),
        other => JsError::new(JsErrorKind::Thrown, other.to_string()),
    }
}

/// What was thrown.
pub(super) fn of<'js>(ctx: &Ctx<'js>, thrown: Value<'js>) -> JsError {
    let Some(object) = thrown.as_object() else {
        let message = primitive(&thrown);
        return JsError::new(JsErrorKind::Thrown, format!("thrown: {message}"));
    };
    let name = property(ctx, object, "name", 256);
    let message = property(ctx, object, "message", MESSAGE)
        .unwrap_or_else(|| "an exception without a message".to_owned());
    let stack = property(ctx, object, "stack", STACK).unwrap_or_default();
    let code = property(ctx, object, "code", 256);
    let status = number(ctx, object, "statusCode").or_else(|| number(ctx, object, "status"));
    let mut error = JsError {
        kind: JsErrorKind::Thrown,
        location: locate(&stack).map(Box::new),
        message,
        name: name.unwrap_or_default(),
        stack,
        code,
        status,
    };
    error.kind = kind(&error);
    error
}

fn kind(error: &JsError) -> JsErrorKind {
    match error.code.as_deref() {
        Some("ERR_MODULE_SYNTAX") => return JsErrorKind::Syntax,
        Some("ERR_MODULE_NOT_FOUND" | "ERR_MODULE_REFUSED" | "ERR_MODULE_UNREADABLE") => {
            return JsErrorKind::Module;
        }
        _ => {}
    }
    match (error.name.as_str(), error.message.as_str()) {
        ("RangeError", "Maximum call stack size exceeded")
        | ("InternalError", "stack overflow") => JsErrorKind::Stack,
        ("InternalError", "out of memory") => JsErrorKind::Memory,
        _ => JsErrorKind::Thrown,
    }
}

/// A property that is a string (or a number), cut to a length.
fn property<'js>(ctx: &Ctx<'js>, object: &Object<'js>, key: &str, most: usize) -> Option<String> {
    let value = match object.get::<_, Value<'js>>(key) {
        Ok(value) => value,
        Err(_) => {
            let _dropped = ctx.catch();
            return None;
        }
    };
    if value.is_object() || value.is_undefined() || value.is_null() || value.is_symbol() {
        return None;
    }
    let mut text = primitive(&value);
    cut(&mut text, most);
    Some(text)
}

fn number<'js>(ctx: &Ctx<'js>, object: &Object<'js>, key: &str) -> Option<u16> {
    match object.get::<_, Value<'js>>(key) {
        Ok(value) => value.as_int().and_then(|number| u16::try_from(number).ok()),
        Err(_) => {
            let _dropped = ctx.catch();
            None
        }
    }
}

/// A primitive as text, which runs no code.
fn primitive(value: &Value<'_>) -> String {
    let text = if let Some(text) = value.as_string() {
        convert::text(text).ok()
    } else if value.is_symbol() {
        Some("a symbol".to_owned())
    } else {
        value.get::<rquickjs::Coerced<String>>().ok().map(|text| text.0)
    };
    let mut text = text.unwrap_or_else(|| {
        let _dropped = value.ctx().catch();
        "a value that cannot be read".to_owned()
    });
    cut(&mut text, MESSAGE);
    text
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

/// The innermost frame in a tenant's file, or else in any file.
fn locate(stack: &str) -> Option<Location> {
    let mut any = None;
    for line in stack.lines() {
        let Some(place) = frame(line) else { continue };
        if !place.file.starts_with("prelude:") {
            return Some(place);
        }
        any.get_or_insert(place);
    }
    any
}

/// `    at name (file:line:column)`, or without a name.
fn frame(line: &str) -> Option<Location> {
    let at = line.trim_start().strip_prefix("at ")?;
    let place = match at.rsplit_once('(') {
        Some((_, place)) => place.strip_suffix(')')?,
        None => at,
    };
    let (rest, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => Some(Location { file: file.to_owned(), line, column: last }),
        None => Some(Location { file: rest.to_owned(), line: last, column: 0 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_with_and_without_a_name() {
        let place = frame("    at getUser (services/UserService.mjs:7:11)").unwrap();
        assert_eq!(place.to_string(), "services/UserService.mjs:7:11");
        assert_eq!(frame("    at index.mjs:3").unwrap().to_string(), "index.mjs:3");
        assert_eq!(frame("    at map (native)"), None);
    }

    #[test]
    fn the_tenants_frame_comes_before_the_preludes() {
        let stack = "    at x (prelude:fastify:1:2)\n    at y (routes/a.mjs:5:6)\n";
        assert_eq!(locate(stack).unwrap().to_string(), "routes/a.mjs:5:6");
    }

    #[test]
    fn a_cut_is_at_a_characters_edge() {
        let mut text = "aé".repeat(10);
        cut(&mut text, 2);
        assert_eq!(text, "a…");
    }
}
