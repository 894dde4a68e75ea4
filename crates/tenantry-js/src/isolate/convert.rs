//! Values to and from JavaScript. Reading an object may run a tenant's getters: they count as the
//! running task's.

use rquickjs::object::Property;
use rquickjs::{Array, BigInt, Coerced, Ctx, Error, Object, Result, TypedArray, Value};

use super::realm::Realm;
use super::views;
use crate::Data;

/// The deepest nesting of what crosses.
const DEPTH: usize = 64;

/// Rust to JavaScript.
pub(super) fn to_js<'js>(ctx: &Ctx<'js>, data: &Data) -> Result<Value<'js>> {
    Ok(match data {
        Data::Undefined => Value::new_undefined(ctx.clone()),
        Data::Null => Value::new_null(ctx.clone()),
        Data::Bool(value) => Value::new_bool(ctx.clone(), *value),
        // An integer has no sign of its own where it is zero.
        Data::Number(number) if *number == 0.0 && number.is_sign_negative() => {
            Value::new_float(ctx.clone(), *number)
        }
        Data::Number(number) => Value::new_number(ctx.clone(), *number),
        Data::Text(text) => rquickjs::String::from_str(ctx.clone(), text)?.into_value(),
        Data::BigInt(text) => match text.parse::<i64>() {
            Ok(small) => BigInt::from_i64(ctx.clone(), small)?.into_value(),
            Err(_) => {
                let big_int = Realm::with(ctx, |realm| realm.captured.big_int.clone());
                big_int.call((text.as_str(),))?
            }
        },
        Data::Bytes(bytes) => TypedArray::<u8>::new_copy(ctx.clone(), bytes.as_ref())?.into_value(),
        Data::Date(millis) => {
            let date = Realm::with(ctx, |realm| realm.captured.date.clone());
            date.construct((*millis,))?
        }
        Data::Moment(millis, micros) => {
            let date = Realm::with(ctx, |realm| realm.captured.date.clone());
            let date: Object<'js> = date.construct((*millis,))?;
            date.prop("microseconds", Property::from(*micros))?;
            date.into_value()
        }
        Data::Json(text) => ctx.json_parse(text.as_str())?,
        Data::List(items) => {
            let array = Array::new(ctx.clone())?;
            for (at, item) in items.iter().enumerate() {
                array.set(at, to_js(ctx, item)?)?;
            }
            array.into_value()
        }
        Data::Map(entries) => {
            let object = Object::new(ctx.clone())?;
            for (key, value) in entries {
                object.set(key.as_str(), to_js(ctx, value)?)?;
            }
            object.into_value()
        }
    })
}

/// Why a value cannot leave JavaScript.
#[derive(Debug)]
pub(super) enum Unfit {
    /// Reading it threw; the exception is pending.
    Thrown,
    /// It is more than may cross.
    TooLarge(usize),
    /// It is nested too deeply, or contains itself.
    TooDeep,
    /// A function, a symbol.
    Kind(&'static str),
}

impl From<Error> for Unfit {
    fn from(_: Error) -> Self {
        Self::Thrown
    }
}

/// JavaScript to Rust, at most `limit` bytes.
pub(super) fn from_js(value: Value<'_>, limit: usize) -> std::result::Result<Data, Unfit> {
    let mut left = Left { bytes: limit, limit };
    read(value, &mut left, 0)
}

/// Several values, at most `limit` bytes together; and how many they are.
pub(super) fn all_from_js(
    values: Vec<Value<'_>>,
    limit: usize,
) -> std::result::Result<(Vec<Data>, usize), Unfit> {
    let mut left = Left { bytes: limit, limit };
    let mut read_ones = Vec::with_capacity(values.len());
    for value in values {
        read_ones.push(read(value, &mut left, 0)?);
    }
    Ok((read_ones, limit - left.bytes))
}

struct Left {
    bytes: usize,
    limit: usize,
}

impl Left {
    fn take(&mut self, bytes: usize) -> std::result::Result<(), Unfit> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Unfit::TooLarge(self.limit))?;
        Ok(())
    }
}

/// What a value costs beside its own bytes.
const EACH: usize = 16;

fn read(value: Value<'_>, left: &mut Left, depth: usize) -> std::result::Result<Data, Unfit> {
    left.take(EACH)?;
    if let Some(text) = value.as_string() {
        return text_of(text, left).map(Data::Text);
    }
    if let Some(number) = value.as_number() {
        return Ok(Data::Number(number));
    }
    if let Some(value) = value.as_bool() {
        return Ok(Data::Bool(value));
    }
    if value.is_null() {
        return Ok(Data::Null);
    }
    if value.is_undefined() {
        return Ok(Data::Undefined);
    }
    if value.is_big_int() {
        let text = value.get::<Coerced<String>>()?.0;
        left.take(text.len())?;
        return Ok(Data::BigInt(text));
    }
    if value.is_function() {
        return Err(Unfit::Kind("a function"));
    }
    let Some(object) = value.into_object() else { return Err(Unfit::Kind("a symbol")) };
    if depth >= DEPTH {
        return Err(Unfit::TooDeep);
    }
    read_object(object, left, depth)
}

fn read_object(
    object: Object<'_>,
    left: &mut Left,
    depth: usize,
) -> std::result::Result<Data, Unfit> {
    let ctx = object.ctx().clone();
    if let Some(array) = object.as_array() {
        // Not `Array::len`, which knows no lengths past 2^31.
        let length = object.get::<_, f64>("length")? as usize;
        left.take(length.saturating_mul(EACH))?;
        let mut items = Vec::with_capacity(length.min(1024));
        for at in 0..length {
            items.push(read(array.get(at)?, left, depth + 1)?);
        }
        return Ok(Data::List(items));
    }
    let proto = if object.is_proxy() { None } else { object.get_prototype() };
    let plain = Realm::with(&ctx, |realm| {
        proto.as_ref().is_none_or(|proto| *proto == realm.captured.object_prototype)
    });
    if !plain {
        if let Some(bytes) = views::copy(&ctx, &object)? {
            left.take(bytes.len())?;
            return Ok(Data::Bytes(bytes));
        }
        let date = Realm::with(&ctx, |realm| {
            (proto.as_ref() == Some(&realm.captured.date_prototype))
                .then(|| realm.captured.date_value.clone())
        });
        if let Some(value) = date {
            return Ok(Data::Date(value.call((object,))?));
        }
    }
    let mut entries = Vec::new();
    for key in object.own_keys::<rquickjs::String<'_>>(rquickjs::Filter::default()) {
        let key = key?;
        let value: Value<'_> = object.get(key.clone())?;
        if value.is_function() || value.is_symbol() {
            continue;
        }
        entries.push((text_of(&key, left)?, read(value, left, depth + 1)?));
    }
    Ok(Data::Map(entries))
}

/// A string as Rust's, its lone surrogates replaced.
pub(super) fn text(text: &rquickjs::String<'_>) -> Result<String> {
    match text.to_string() {
        Err(Error::Utf8(_)) => {
            let ctx = text.ctx();
            let well = Realm::with(ctx, |realm| realm.captured.to_well_formed.clone());
            well.call::<_, rquickjs::String<'_>>((text.clone(),))?.to_string()
        }
        done => done,
    }
}

fn text_of(value: &rquickjs::String<'_>, left: &mut Left) -> std::result::Result<String, Unfit> {
    let text = text(value)?;
    left.take(text.len())?;
    Ok(text)
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Thrown => f.write_str("reading the value threw"),
            Self::TooLarge(limit) => write!(f, "the value is larger than {limit} bytes"),
            Self::TooDeep => write!(f, "the value is nested deeper than {DEPTH}"),
            Self::Kind(kind) => write!(f, "{kind} cannot leave the isolate"),
        }
    }
}
