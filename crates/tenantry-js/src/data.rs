//! What travels between Rust and JavaScript.

use bytes::Bytes;

/// A value that crosses between Rust and an isolate, copied: nothing is shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// `undefined`.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A `BigInt`, in decimal: any size, nothing lost.
    BigInt(String),
    /// A string. Lone surrogates of JavaScript's become U+FFFD.
    Text(String),
    /// A `Uint8Array`. From JavaScript also any other view, or an `ArrayBuffer`.
    Bytes(Bytes),
    /// A `Date`, in milliseconds since 1970.
    Date(f64),
    /// A `Date`, and what is beyond its milliseconds as its property `microseconds`, which is not
    /// enumerable. Never comes from JavaScript.
    Moment(f64, u16),
    /// Text of JSON, parsed on arrival. Never comes from JavaScript.
    Json(String),
    /// An array.
    List(Vec<Data>),
    /// A plain object, in the order of its keys.
    Map(Vec<(String, Data)>),
}

impl Data {
    /// The string, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A property of an object, or `None`.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// `undefined` or `null`.
    pub fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Data {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Data {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Data {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Data {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<Bytes> for Data {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<Data>> for Data {
    fn from(list: Vec<Data>) -> Self {
        Self::List(list)
    }
}

impl<T: Into<Data>> From<Option<T>> for Data {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
