//! What is wrong with a configuration, told so that it can be mended.

use std::{fmt, panic::Location, path::Path, sync::Arc};

use crate::tls::TlsError;

/// A configuration that can't be used.
///
/// It holds every [problem](ConfigProblem) that was found and not only the first. No message ever
/// repeats a secret.
///
/// ```
/// use tenantry::Config;
///
/// let error = Config::builder()
///     .set("connection.url", "postgres://localhost/app")
///     .set("connection.max_conections", 20)
///     .load()
///     .unwrap_err();
/// assert_eq!(error.code(), "CONFIG_INVALID");
/// assert_eq!(error.problems()[0].key(), Some("connection.max_conections"));
/// assert!(error.to_string().contains("did you mean connection.max_connections?"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

impl ConfigError {
    /// The problems must not be none.
    pub(super) fn new(problems: Vec<ConfigProblem>) -> Self {
        Self { problems }
    }

    /// The stable code of this error: `CONFIG_INVALID`.
    pub fn code(&self) -> &'static str {
        "CONFIG_INVALID"
    }

    /// What is wrong; at least one.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }
}

impl From<TlsError> for ConfigError {
    fn from(error: TlsError) -> Self {
        Self::new(vec![ConfigProblem::with_key("connection.url", None, error.reason())])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.problems {
            [problem] => write!(f, "invalid configuration: {problem}"),
            problems => {
                write!(f, "invalid configuration, {} problems:", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// One thing that is wrong with a configuration: which key, the value it has (unless it is
/// secret), where that came from and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    key: Option<String>,
    /// As a person would write it; none for a secret, and where there is none.
    value: Option<String>,
    origin: Option<Origin>,
    reason: String,
}

impl ConfigProblem {
    /// With a file or a variable as a whole.
    pub(super) fn general(origin: Origin, reason: String) -> Self {
        Self { key: None, value: None, origin: Some(origin), reason }
    }

    /// With a key, its value not to be shown.
    pub(super) fn with_key(key: &str, origin: Option<Origin>, reason: String) -> Self {
        Self { key: Some(key.to_owned()), value: None, origin, reason }
    }

    /// With a key and its value.
    pub(super) fn with_value(key: &str, value: String, origin: Origin, reason: String) -> Self {
        Self { key: Some(key.to_owned()), value: Some(value), origin: Some(origin), reason }
    }

    /// The key, such as `connection.max_connections`; none when a whole file can't be read.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Where the value came from, such as `tenantry.toml, line 3` or
    /// `environment variable DATABASE_URL`; none when the problem is that there is no value.
    pub fn origin(&self) -> Option<String> {
        self.origin.as_ref().map(Origin::to_string)
    }

    /// What is wrong, and what is allowed.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.key, &self.value, &self.origin) {
            (Some(key), Some(value), Some(origin)) => write!(f, "{key} = {value} ({origin})"),
            (Some(key), _, Some(origin)) => write!(f, "{key} ({origin})"),
            (Some(key), _, None) => write!(f, "{key}"),
            (None, _, Some(origin)) => write!(f, "{origin}"),
            (None, _, None) => Ok(()),
        }?;
        write!(f, ": {}", self.reason)
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A configuration file, and the line in it if there is one to name.
    File { path: Arc<Path>, line: Option<usize> },
    /// The environment variable of this name.
    Environment(String),
    /// Code, at this place.
    Code(&'static Location<'static>),
}

impl Origin {
    /// Values of a higher rank go over those of a lower one.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::File { .. } => 0,
            Self::Environment(_) => 1,
            Self::Code(_) => 2,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::File { path, line: Some(line) } => write!(f, "{}, line {line}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Code(location) => write!(f, "set at {}:{}", location.file(), location.line()),
        }
    }
}
