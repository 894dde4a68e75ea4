//! Writing a value as a plan says.

use super::{Items, Kind, Moment, ObjectWriter, Plan, Writer};
use crate::schema::check::{Outcome, check};
use crate::schema::compile::Program;
use crate::schema::json;
use crate::schema::node::Type;
use crate::schema::number;
use crate::schema::steps::{Steps, TooMuch};
use crate::schema::value::{Object, Value};

/// How deep writers may follow each other.
const MAX_DEPTH: usize = 400;

pub(super) fn write(plan: &Plan, value: &Value, length: usize) -> Result<String, String> {
    let text = String::with_capacity(length + 16);
    let mut out = Out { plan, text, depth: 0, steps: Steps::of(length) };
    out.value(plan.root, value)?;
    Ok(out.text)
}

struct Out<'a> {
    plan: &'a Plan,
    text: String,
    depth: usize,
    steps: Steps,
}

impl<'a> Out<'a> {
    fn value(&mut self, writer: usize, value: &Value) -> Result<(), String> {
        let Some(writer) = self.plan.writers.get(writer) else { return Ok(()) };
        if self.depth >= MAX_DEPTH {
            return Err(too_many(writer));
        }
        let text = if let Value::String(text) = value { text.len() / 64 } else { 0 };
        self.steps.spend(1 + text).map_err(|_| too_many(writer))?;
        self.depth += 1;
        let result = if writer.nullable && *value == Value::Null {
            self.text.push_str("null");
            Ok(())
        } else {
            self.kind(writer, value)
        };
        self.depth -= 1;
        result
    }

    fn kind(&mut self, writer: &'a Writer, value: &Value) -> Result<(), String> {
        let mismatch =
            || Err(format!("The value of '{}' does not match schema definition.", writer.place));
        match &writer.kind {
            Kind::Any => {
                self.steps.spend(value.weight()).map_err(|_| too_many(writer))?;
                json::write(value, &mut self.text);
            }
            Kind::Null => self.text.push_str("null"),
            Kind::Const { or_null: true, .. } if *value == Value::Null => {
                self.text.push_str("null")
            }
            Kind::Const { text, .. } => {
                self.steps.spend(text.len() / 16).map_err(|_| too_many(writer))?;
                self.text.push_str(text);
            }
            Kind::String => match value {
                Value::String(text) => json::write_string(text, &mut self.text),
                Value::Null => self.text.push_str("\"\""),
                other => json::write_string(&as_text(other), &mut self.text),
            },
            Kind::Moment(moment) => self.moment(*moment, value)?,
            Kind::Integer => {
                let number = as_number(value);
                match value {
                    // A bigint, which JavaScript hands over as its digits.
                    Value::String(text) if is_integer(text) => self.text.push_str(text),
                    _ if number.is_finite() => number::write(number.trunc(), &mut self.text),
                    _ => {
                        return Err(format!(
                            "The value \"{}\" cannot be converted to an integer.",
                            as_text(value)
                        ));
                    }
                }
            }
            Kind::Number => {
                let number = as_number(value);
                match value {
                    Value::String(text) if is_integer(text) => self.text.push_str(text),
                    _ if number.is_nan() => {
                        return Err(format!(
                            "The value \"{}\" cannot be converted to a number.",
                            as_text(value)
                        ));
                    }
                    _ if number.is_infinite() => self.text.push_str("null"),
                    _ => number::write(number, &mut self.text),
                }
            }
            Kind::Boolean => self.text.push_str(if is_truthy(value) { "true" } else { "false" }),
            Kind::Object(own) => {
                // Each property is looked for, be it there or not.
                self.steps.spend(own.properties.len() / 8).map_err(|_| too_many(writer))?;
                self.steps.spend(own.required.len() / 8).map_err(|_| too_many(writer))?;
                match value {
                    Value::Object(object) => self.object(own, object)?,
                    Value::Null => self.text.push_str("{}"),
                    _ => self.object(own, &Object::new())?,
                }
            }
            Kind::Array(items) => match value {
                Value::Array(values) => self.array(items, values)?,
                Value::Null => self.text.push_str("[]"),
                _ => return mismatch(),
            },
            Kind::Types(types) => match types.iter().find(|(kind, _)| fits(*kind, value)) {
                Some((_, writer)) => self.value(*writer, value)?,
                None => return mismatch(),
            },
            Kind::OneOf(options) => {
                self.steps.spend(value.weight()).map_err(|_| too_many(writer))?;
                let mut copy = value.clone();
                for (program, writer) in options {
                    if self.is_valid(program, &mut copy)? {
                        return self.value(*writer, value);
                    }
                }
                return mismatch();
            }
            Kind::If(condition, then, otherwise) => {
                self.steps.spend(value.weight()).map_err(|_| too_many(writer))?;
                let is_valid = self.is_valid(condition, &mut value.clone())?;
                self.value(if is_valid { *then } else { *otherwise }, value)?;
            }
            Kind::Same(writer) => self.value(*writer, value)?,
        }
        Ok(())
    }

    /// Whether a value fits. It is not changed by that: these programs only check.
    fn is_valid(&mut self, program: &Program, value: &mut Value) -> Result<bool, String> {
        match check(program, value, &mut self.steps) {
            Outcome::Fits { .. } => Ok(true),
            Outcome::Errors(_) => Ok(false),
            Outcome::GivenUp(reason) => Err(format!("The value {reason}.")),
        }
    }

    fn object(&mut self, writer: &ObjectWriter, object: &Object) -> Result<(), String> {
        let required = |name: &str| Err(format!("{} is required!", json::text(&name.into())));
        if let Some(name) = writer.required.iter().find(|name| !object.contains_key(*name)) {
            return required(name);
        }
        self.text.push('{');
        let start = self.text.len();
        for property in &writer.properties {
            let value = object.get(&property.name);
            if value.is_none() && property.default.is_none() {
                if property.required {
                    return required(&property.name);
                }
                continue;
            }
            self.comma(start);
            self.text.push_str(&property.quoted);
            match (value, &property.default) {
                (Some(value), _) => self.value(property.writer, value)?,
                (None, Some(default)) => {
                    self.more_text(property.quoted.len() + default.len())?;
                    self.text.push_str(default);
                }
                (None, None) => {}
            }
        }
        if writer.additional.is_some() || !writer.patterns.is_empty() {
            self.more(writer, object, start)?;
        }
        self.text.push('}');
        Ok(())
    }

    /// Properties that are not listed by name.
    fn more(&mut self, writer: &ObjectWriter, object: &Object, start: usize) -> Result<(), String> {
        for (key, value) in object {
            self.more_text(key.len() + writer.properties.len())?;
            if writer.properties.iter().any(|property| property.name == *key) {
                continue;
            }
            let mut by = writer.additional;
            for (pattern, index) in &writer.patterns {
                if self.steps.is_match(pattern, key).map_err(|much| unmatched(much, key))? {
                    by = Some(*index);
                    break;
                }
            }
            if let Some(by) = by {
                self.comma(start);
                json::write_string(key, &mut self.text);
                self.text.push(':');
                self.value(by, value)?;
            }
        }
        Ok(())
    }

    /// Text that a schema puts in, or that is looked at.
    fn more_text(&mut self, length: usize) -> Result<(), String> {
        self.steps.spend(length / 16).map_err(|_| {
            "The value comes to too much text to be serialized, by the defaults and the names of its schema."
                .to_owned()
        })
    }

    fn comma(&mut self, start: usize) {
        if self.text.len() > start {
            self.text.push(',');
        }
    }

    fn array(&mut self, items: &Items, values: &[Value]) -> Result<(), String> {
        self.text.push('[');
        let start = self.text.len();
        match items {
            Items::All(writer) => {
                for value in values {
                    self.comma(start);
                    self.value(*writer, value)?;
                }
            }
            Items::Tuple { items, more } => {
                if !more && values.len() > items.len() {
                    return Err(format!(
                        "Item at {} does not match schema definition.",
                        items.len()
                    ));
                }
                for (index, value) in values.iter().enumerate() {
                    self.comma(start);
                    match items.get(index) {
                        None => json::write(value, &mut self.text),
                        Some((types, writer))
                            if types.iter().any(|kind| item_fits(*kind, value)) =>
                        {
                            self.value(*writer, value)?
                        }
                        Some(_) => {
                            return Err(format!(
                                "Item at {index} does not match schema definition."
                            ));
                        }
                    }
                }
            }
        }
        self.text.push(']');
        Ok(())
    }

    fn moment(&mut self, moment: Moment, value: &Value) -> Result<(), String> {
        let name = match moment {
            Moment::Both => "date-time",
            Moment::Day => "date",
            Moment::Hours => "time",
        };
        match value {
            Value::Null => self.text.push_str("\"\""),
            Value::String(text) => {
                let part = if is_iso_text(text) {
                    match moment {
                        Moment::Both => text,
                        Moment::Day => &text[..10],
                        Moment::Hours => &text[11..19],
                    }
                } else {
                    text
                };
                json::write_string(part, &mut self.text);
            }
            other => {
                return Err(format!(
                    "The value \"{}\" cannot be converted to a {name}.",
                    as_text(other)
                ));
            }
        }
        Ok(())
    }
}

fn too_many(writer: &Writer) -> String {
    format!("The value of '{}' needs too many steps to be serialized.", writer.place)
}

fn unmatched(much: TooMuch, key: &str) -> String {
    match much {
        TooMuch::Steps => "The value has too many names to be matched with patterns.".to_owned(),
        TooMuch::Pattern => format!("The name {key:?} needs too many steps to be matched."),
    }
}

/// Whether a text is what `Date.prototype.toISOString` gives for years of four digits.
fn is_iso_text(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00.000Z";
    text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, shape)| {
            if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape }
        })
}

/// Digits of a whole number that a double may not hold.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 15
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// Whether a value is written by the branch of a type, where there are several.
fn fits(kind: Type, value: &Value) -> bool {
    match (kind, value) {
        (Type::Null, value) => *value == Value::Null,
        (Type::Array, value) => matches!(value, Value::Array(_)),
        (_, Value::Null) => true,
        (Type::Number, Value::Number(_)) => true,
        // Arrays have a text of their own in JavaScript.
        (Type::String, Value::Array(_)) => true,
        (kind, value) => kind.is(value),
    }
}

fn item_fits(kind: Type, value: &Value) -> bool {
    kind.is(value) || (kind == Type::String && matches!(value, Value::Null | Value::Array(_)))
}

/// `String(value)`.
fn as_text(value: &Value) -> String {
    let mut text = String::new();
    push_text(value, &mut text);
    text
}

fn push_text(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => number::write(*value, out),
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                if *item != Value::Null {
                    push_text(item, out);
                }
            }
        }
        Value::Object(_) => out.push_str("[object Object]"),
    }
}

/// `Number(value)`.
fn as_number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        value @ (Value::String(_) | Value::Array(_)) => number::parse(&as_text(value)),
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Object(_) => f64::NAN,
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => *number != 0.0 && !number.is_nan(),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
