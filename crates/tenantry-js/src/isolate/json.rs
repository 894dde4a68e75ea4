//! The JSON text of plain data, in a fraction of the time that `JSON.stringify` takes.

mod raw;

use std::fmt::Write as _;

use rquickjs::atom::PredefinedAtom;
use rquickjs::{Array, Ctx, Error, Object, Result, Value, qjs};

use self::raw::{Kind, Own};
use super::realm::Realm;

/// The deepest nesting, the most values and the most units of text in them and their names that are done here: nobody asks
/// meanwhile whether to go on.
const DEPTH: u32 = 32;
const VALUES: u32 = 4_096;
const TEXT: i64 = 64 << 10;

/// What `JSON.stringify(value)` gives where the value is plain data: objects and arrays as literals make them, and what
/// JSON has. `None` for everything else (getters, `toJSON`, proxies, instances of classes, cycles, what is an asynchronous
/// iterable), before any code of a tenant's has run.
pub(super) fn of_plain<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Option<String>> {
    if !value.is_object() {
        return Ok(None);
    }
    Realm::with(ctx, |realm| {
        let plain = &realm.captured.plain;
        if !plain.is_untouched(ctx) {
            return Ok(None);
        }
        let text = String::with_capacity(128);
        let mut writer = Writer { ctx, plain, text, values: VALUES, units: TEXT };
        match writer.value(value.as_raw(), 0) {
            Ok(true) => Ok(Some(writer.text)),
            Ok(false) | Err(Unfit::Other) => Ok(None),
            Err(Unfit::Thrown) => Err(Error::Exception),
        }
    })
}

/// Objects and arrays of a realm as literals make them.
pub(super) struct Plain<'js> {
    object_prototype: Object<'js>,
    array_prototype: Object<'js>,
    object_class: qjs::JSClassID,
    array_class: qjs::JSClassID,
}

impl<'js> Plain<'js> {
    /// Of a fresh context.
    pub(super) fn new(ctx: &Ctx<'js>) -> Result<Self> {
        let object = Object::new(ctx.clone())?;
        let array = Array::new(ctx.clone())?.into_object();
        let prototype = |object: &Object<'js>| object.get_prototype().ok_or(Error::Unknown);
        Ok(Self {
            object_class: raw::class(object.as_raw()),
            array_class: raw::class(array.as_raw()),
            object_prototype: prototype(&object)?,
            array_prototype: prototype(&array)?,
        })
    }

    /// Whether nothing that they inherit has a say in their text.
    fn is_untouched(&self, ctx: &Ctx<'js>) -> bool {
        let (object, array) = (self.object_prototype.as_raw(), self.array_prototype.as_raw());
        raw::has_prototype(ctx, array, object)
            && !raw::has_own(ctx, object, PredefinedAtom::ToJSON)
            && !raw::has_own(ctx, array, PredefinedAtom::ToJSON)
    }
}

/// Why a value has no text here.
enum Unfit {
    /// It is no plain data, or too much of it.
    Other,
    /// An exception is pending: there is no memory.
    Thrown,
}

type Written<T> = std::result::Result<T, Unfit>;

struct Writer<'a, 'js> {
    ctx: &'a Ctx<'js>,
    plain: &'a Plain<'js>,
    text: String,
    /// How many more there may be.
    values: u32,
    units: i64,
}

impl Writer<'_, '_> {
    /// Whether there was something to write: JSON has neither `undefined` nor symbols.
    fn value(&mut self, value: qjs::JSValue, depth: u32) -> Written<bool> {
        self.values = self.values.checked_sub(1).ok_or(Unfit::Other)?;
        match raw::kind(value) {
            Kind::Absent => return Ok(false),
            Kind::Null => self.text.push_str("null"),
            Kind::Bool(value) => self.text.push_str(if value { "true" } else { "false" }),
            Kind::Int(number) => {
                let _infallible = write!(self.text, "{number}");
            }
            Kind::Float(number) if !number.is_finite() => self.text.push_str("null"),
            Kind::Float(_) => {
                let number = raw::text(self.ctx, value).ok_or(Unfit::Thrown)?;
                self.text.push_str(number.as_str().ok_or(Unfit::Other)?);
            }
            Kind::Text => self.text(value)?,
            Kind::Object => self.object(value, depth)?,
            Kind::Other => return Err(Unfit::Other),
        }
        Ok(true)
    }

    fn text(&mut self, text: qjs::JSValue) -> Written<()> {
        // Before it is looked at: that may take a copy of it.
        self.units -= raw::length(self.ctx, text).ok_or(Unfit::Thrown)?;
        if self.units < 0 {
            return Err(Unfit::Other);
        }
        let text = raw::text(self.ctx, text).ok_or(Unfit::Thrown)?;
        self.quoted(text.as_str().ok_or(Unfit::Other)?);
        Ok(())
    }

    fn object(&mut self, object: qjs::JSValue, depth: u32) -> Written<()> {
        let class = raw::class(object);
        let is_array = class == self.plain.array_class;
        if depth >= DEPTH || !(is_array || class == self.plain.object_class) {
            return Err(Unfit::Other);
        }
        let prototype = match is_array {
            true => &self.plain.array_prototype,
            false => &self.plain.object_prototype,
        };
        if !raw::has_prototype(self.ctx, object, prototype.as_raw())
            || raw::has_own(self.ctx, object, PredefinedAtom::ToJSON)
            || (depth == 0 && raw::has_own(self.ctx, object, PredefinedAtom::SymbolAsyncIterator))
        {
            return Err(Unfit::Other);
        }
        if is_array { self.items(object, depth) } else { self.properties(object, depth) }
    }

    fn items(&mut self, array: qjs::JSValue, depth: u32) -> Written<()> {
        let length = raw::length(self.ctx, array).ok_or(Unfit::Thrown)?;
        let length = u32::try_from(length)
            .ok()
            .filter(|length| *length <= self.values)
            .ok_or(Unfit::Other)?;
        self.text.push('[');
        for at in 0..length {
            if at > 0 {
                self.text.push(',');
            }
            let item = own(raw::item(self.ctx, array, at))?;
            if !self.value(item.raw(), depth + 1)? {
                self.text.push_str("null");
            }
        }
        self.text.push(']');
        Ok(())
    }

    fn properties(&mut self, object: qjs::JSValue, depth: u32) -> Written<()> {
        let names = raw::Names::of(self.ctx, object).ok_or(Unfit::Thrown)?;
        if names.count() > self.values {
            return Err(Unfit::Other);
        }
        self.text.push('{');
        let mut is_first = true;
        for name in names.iter() {
            let value = own(raw::property(self.ctx, object, name))?;
            let before = self.text.len();
            if !is_first {
                self.text.push(',');
            }
            let text = raw::name(self.ctx, name).ok_or(Unfit::Thrown)?;
            self.text(text.raw())?;
            self.text.push(':');
            match self.value(value.raw(), depth + 1)? {
                true => is_first = false,
                false => self.text.truncate(before),
            }
        }
        self.text.push('}');
        Ok(())
    }

    /// As `JSON.stringify` quotes: no more than JSON wants.
    fn quoted(&mut self, text: &str) {
        self.text.reserve(text.len() + 2);
        self.text.push('"');
        let mut done = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= b' ' && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.text.push_str(&text[done..at]);
            done = at + 1;
            match byte {
                b'"' => self.text.push_str("\\\""),
                b'\\' => self.text.push_str("\\\\"),
                b'\n' => self.text.push_str("\\n"),
                b'\r' => self.text.push_str("\\r"),
                b'\t' => self.text.push_str("\\t"),
                0x08 => self.text.push_str("\\b"),
                0x0c => self.text.push_str("\\f"),
                _ => {
                    let _infallible = write!(self.text, "\\u{byte:04x}");
                }
            }
        }
        self.text.push_str(&text[done..]);
        self.text.push('"');
    }
}

/// A property that has a value, and is there.
fn own<'a, 'js>(found: Own<'a, 'js>) -> Written<raw::Owned<'a, 'js>> {
    match found {
        Own::Value(value) => Ok(value),
        Own::Other => Err(Unfit::Other),
        Own::Thrown => Err(Unfit::Thrown),
    }
}
