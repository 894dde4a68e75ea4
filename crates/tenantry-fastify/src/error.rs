//! What can go wrong when an application is loaded.

use std::fmt;

use tenantry_js::JsError;

use crate::PartError;

/// An application that could not be loaded. Nothing of it is left.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LoadError {
    /// Parts of it are broken.
    Parts(Vec<PartError>),
    /// The isolate could not be made, or loading passed one of its limits.
    Isolate(Box<JsError>),
    /// A native plugin could not be registered.
    Native {
        /// Its name.
        plugin: String,
        /// What is wrong.
        message: String,
    },
}

impl LoadError {
    /// The broken parts; for other errors, one that says so.
    pub fn parts(&self) -> Vec<PartError> {
        let one = |part: &str, file: &str, place: Option<(u32, u32)>, message: String| {
            vec![PartError {
                part: part.to_owned(),
                file: file.to_owned(),
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column).filter(|column| *column > 0),
                message,
            }]
        };
        match self {
            Self::Parts(parts) => parts.clone(),
            Self::Isolate(error) => match &error.location {
                Some(place) => one(
                    "application",
                    &place.file,
                    Some((place.line, place.column)),
                    error.message.clone(),
                ),
                None => one("application", "", None, error.message.clone()),
            },
            Self::Native { plugin, message } => {
                one(&format!("native plugin {plugin}"), "", None, message.clone())
            }
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "{part}")?;
                }
                Ok(())
            }
            Self::Isolate(error) => write!(f, "{error}"),
            Self::Native { plugin, message } => write!(f, "native plugin {plugin}: {message}"),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Isolate(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<JsError> for LoadError {
    fn from(error: JsError) -> Self {
        Self::Isolate(Box::new(error))
    }
}
