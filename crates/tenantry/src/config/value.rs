//! Values of settings before they are read: what a file, the environment or code may give.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::excerpt::Excerpt;

/// A value that code gives to a setting with [`ConfigLoader::set`](super::ConfigLoader::set).
///
/// There is a conversion from strings, numbers, booleans, paths, durations and lists of them.
#[derive(Clone, PartialEq)]
pub struct Value(pub(super) Raw);

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    /// Text that means whatever its setting expects: the environment has nothing else.
    Text(String),
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Raw>),
    /// Something no setting takes, by the name a person knows it by.
    Other(&'static str),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::String(text) => write!(f, "{}", Excerpt::of(text)),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(float) => write!(f, "{float}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// Doesn't show the value, since it may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(…)")
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Raw::String(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Raw::String(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self(Raw::String(text.clone()))
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self(Raw::Boolean(boolean))
    }
}

impl From<i32> for Value {
    fn from(integer: i32) -> Self {
        Self(Raw::Integer(integer.into()))
    }
}

impl From<u32> for Value {
    fn from(integer: u32) -> Self {
        Self(Raw::Integer(integer.into()))
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self(Raw::Integer(integer))
    }
}

impl From<usize> for Value {
    fn from(integer: usize) -> Self {
        Self(i64::try_from(integer).map_or(Raw::Float(integer as f64), Raw::Integer))
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self(Raw::Float(float))
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self(Raw::String(humantime::format_duration(duration).to_string()))
    }
}

impl From<&Path> for Value {
    fn from(path: &Path) -> Self {
        Self(match path.to_str() {
            Some(path) => Raw::String(path.to_owned()),
            None => Raw::Other("a path that is not UTF-8"),
        })
    }
}

impl From<PathBuf> for Value {
    fn from(path: PathBuf) -> Self {
        path.as_path().into()
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self(Raw::List(items.into_iter().map(|item| item.into().0).collect()))
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Self(Raw::List(items.into_iter().map(|item| item.into().0).collect()))
    }
}
