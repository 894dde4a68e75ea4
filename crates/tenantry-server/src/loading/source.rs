use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::LoadingError;

/// Where a plugin or a tenant comes from: a strategy's name, a key for it, and options.
///
/// In a configuration, a table:
///
/// ```
/// use tenantry_server::loading::Source;
///
/// let source: Source = toml::from_str(
///     r#"
///     strategy = "s3"
///     key = "plugins/billing-1.4.0.tgz"
///     sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
///     "#,
/// )?;
/// assert_eq!(source.to_string(), "s3:plugins/billing-1.4.0.tgz");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The strategy's name.
    pub strategy: String,
    /// What it is asked for.
    pub key: String,
    /// How.
    #[serde(flatten)]
    pub options: LoadOptions,
}

impl Source {
    /// A source without options.
    pub fn new(strategy: impl Into<String>, key: impl Into<String>) -> Self {
        Self { strategy: strategy.into(), key: key.into(), options: LoadOptions::default() }
    }

    /// With an option.
    #[must_use]
    pub fn with(mut self, option: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.0.insert(option.into(), value.into());
        self
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.strategy, self.key)
    }
}

/// Options for a strategy, by name. Each strategy says which it knows; it refuses others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoadOptions(Map<String, Value>);

impl LoadOptions {
    /// An option's value.
    #[must_use]
    pub fn get(&self, option: &str) -> Option<&Value> {
        self.0.get(option)
    }

    /// An option that is text. None where it is not there, or something else.
    #[must_use]
    pub fn text(&self, option: &str) -> Option<&str> {
        self.0.get(option)?.as_str()
    }

    /// Refuses options other than these, and values that are not text.
    ///
    /// # Errors
    ///
    /// [`LoadingError::InvalidOption`].
    pub fn only(&self, key: &str, known: &[&str]) -> Result<(), LoadingError> {
        let invalid = |option: &str, reason: String| LoadingError::InvalidOption {
            key: key.to_owned(),
            option: option.to_owned(),
            reason,
        };
        for (option, value) in &self.0 {
            if !known.contains(&option.as_str()) {
                let allowed = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(invalid(
                    option,
                    format!("there is no such option; allowed: {allowed}"),
                ));
            }
            if !value.is_string() {
                return Err(invalid(option, format!("{value} is not text")));
            }
        }
        Ok(())
    }
}

impl FromIterator<(String, Value)> for LoadOptions {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(options: T) -> Self {
        Self(options.into_iter().collect())
    }
}
