//! JSON as JavaScript sees it: objects keep the order of their keys, numbers are doubles.

use indexmap::IndexMap;

/// An object: keys in the order they came.
pub(crate) type Object = IndexMap<String, Value>;

/// A JSON value.
///
/// Unlike [`serde_json::Value`] it always keeps the order of keys, which decides what a route answers and which
/// error comes first, and has JavaScript's one kind of number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Value>),
    Object(Object),
}

impl Value {
    /// The value of a key, where this is an object that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// How much it is: one for each value and each key, and for every 64 bytes of text.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Value::Null | Value::Bool(_) | Value::Number(_) => 1,
            Value::String(text) => 1 + text.len() / 64,
            Value::Array(items) => 1 + items.iter().map(Value::weight).sum::<usize>(),
            Value::Object(object) => 1 + weight(object),
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(number as f64)
    }
}

/// How much all keys and values of an object are.
pub(crate) fn weight(object: &Object) -> usize {
    object.iter().map(|(key, value)| 1 + key.len() / 64 + value.weight()).sum()
}

/// An object of a few keys.
pub(crate) fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
