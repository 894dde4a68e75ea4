use tenantry_js::Data;

use super::time;
use crate::database::error::DbError;

/// What PostgreSQL takes a value for, as far as it matters to how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `json` or `jsonb`: any value is itself, strings, too.
    Json,
    /// The same, where a string is the text of a document: what `db.query` is given.
    JsonText,
    /// An array; of `json` or `jsonb`, if so.
    Array {
        /// Whether its elements are `json` or `jsonb`.
        of_json: bool,
    },
    /// Any other.
    Scalar,
}

/// A value as a literal would say it, without quotes; `None` is NULL.
pub(crate) fn encode(value: &Data, kind: Kind) -> Result<Option<String>, DbError> {
    if value.is_nullish() {
        return Ok(None);
    }
    Ok(Some(match (kind, value) {
        (Kind::JsonText, Data::Text(text)) => text.clone(),
        (Kind::Json | Kind::JsonText, value) => json(value)?,
        (Kind::Array { of_json }, Data::List(items)) => {
            let mut text = String::new();
            array(items, of_json, &mut text)?;
            text
        }
        (_, Data::List(_)) => return Err(unfit("an array", "is neither an array nor JSON")),
        (_, Data::Map(_)) => return Err(unfit("an object", "is not JSON")),
        (_, value) => scalar(value),
    }))
}

fn unfit(value: &str, column: &str) -> DbError {
    DbError::new("VALUE_INVALID", format!("{value} for what {column}")).with_status(400)
}

fn scalar(value: &Data) -> String {
    match value {
        Data::Bool(value) => value.to_string(),
        Data::Number(number) => self::number(*number),
        Data::BigInt(text) | Data::Text(text) | Data::Json(text) => text.clone(),
        Data::Bytes(bytes) => {
            let mut text = String::with_capacity(2 + 2 * bytes.len());
            text.push_str("\\x");
            for byte in bytes {
                for digit in [byte >> 4, byte & 15] {
                    text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
                }
            }
            text
        }
        Data::Date(millis) => time::from_date(*millis, 0),
        Data::Moment(millis, micros) => time::from_date(*millis, (*micros).into()),
        Data::Undefined | Data::Null | Data::List(_) | Data::Map(_) => String::new(),
    }
}

/// As JavaScript writes it, but for infinities: both are read by PostgreSQL's types of numbers.
fn number(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 && number.is_sign_negative() {
        "-0".to_owned()
    } else {
        // Never with an exponent, so that integers stay integers.
        number.to_string()
    }
}

fn array(items: &[Data], of_json: bool, text: &mut String) -> Result<(), DbError> {
    text.push('{');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match item {
            Data::Undefined | Data::Null => text.push_str("NULL"),
            Data::List(inner) if !of_json => array(inner, of_json, text)?,
            Data::Map(_) if !of_json => return Err(unfit("an object in an array", "is not JSON")),
            item => {
                let item = if of_json { json(item)? } else { scalar(item) };
                text.push('"');
                for character in item.chars() {
                    if matches!(character, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
                text.push('"');
            }
        }
    }
    text.push('}');
    Ok(())
}

/// A value as JSON: as `JSON.stringify` writes it, and bigints as numbers.
fn json(value: &Data) -> Result<String, DbError> {
    let mut text = String::new();
    write_json(value, &mut text)?;
    Ok(text)
}

fn write_json(value: &Data, text: &mut String) -> Result<(), DbError> {
    match value {
        Data::Undefined | Data::Null => text.push_str("null"),
        Data::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Data::Number(value) if value.is_finite() => text.push_str(&number(*value)),
        Data::Number(_) => text.push_str("null"),
        Data::BigInt(digits) => text.push_str(digits),
        Data::Json(json) => text.push_str(json),
        Data::Text(string) => write_string(string, text),
        Data::Date(millis) | Data::Moment(millis, _) if millis.is_nan() => text.push_str("null"),
        Data::Date(millis) | Data::Moment(millis, _) => write_string(&time::iso(*millis), text),
        Data::Bytes(_) => return Err(unfit("a Uint8Array", "is JSON")),
        Data::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(item, text)?;
            }
            text.push(']');
        }
        Data::Map(entries) => {
            text.push('{');
            let there = entries.iter().filter(|(_, value)| !matches!(value, Data::Undefined));
            for (index, (key, value)) in there.enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write_json(value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn write_string(string: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(string).to_string());
}
