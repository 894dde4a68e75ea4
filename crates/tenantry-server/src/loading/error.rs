use std::{error::Error as StdError, io, path::Path};

type Cause = Box<dyn StdError + Send + Sync>;

/// Why a plugin or a tenant could not be had.
///
/// Nothing has been changed by a load that fails: what was loaded before goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadingError {
    /// No strategy has that name.
    #[error(
        "there is no loading strategy \"{name}\": there is {}; a section [loading.{name}] with a url makes one",
        listed(known)
    )]
    UnknownStrategy {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A strategy of that name is there already.
    #[error("a loading strategy \"{name}\" is there already")]
    DuplicateStrategy {
        /// The name.
        name: String,
    },
    /// A key that the strategy would never have, such as one with `..` in it.
    #[error("invalid key \"{}\": {reason}", key.escape_debug())]
    InvalidKey {
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option that is not known, or does not go with the strategy.
    #[error("invalid option {option} for \"{key}\": {reason}")]
    InvalidOption {
        /// The key.
        key: String,
        /// The option's name.
        option: String,
        /// What is wrong with it, and what is allowed.
        reason: String,
    },
    /// There is nothing of that name.
    #[error("\"{key}\" is not there: looked in {place}")]
    NotFound {
        /// The key.
        key: String,
        /// Where it was looked for.
        place: String,
    },
    /// The place it would come from did not answer, or answered with an error.
    #[error("{} cannot be had from {place} now: {cause}", what(key))]
    Unavailable {
        /// The key.
        key: String,
        /// Where it would come from.
        place: String,
        /// What happened.
        cause: Cause,
    },
    /// The place it would come from refused the credentials.
    #[error("{place} refuses access to \"{key}\": {cause}")]
    Denied {
        /// The key.
        key: String,
        /// Where it would come from.
        place: String,
        /// What it said.
        cause: Cause,
    },
    /// It took longer than it may.
    #[error("\"{key}\" did not come from {place} within {}", humantime(*limit))]
    Timeout {
        /// The key.
        key: String,
        /// Where it would come from.
        place: String,
        /// How long it may take.
        limit: std::time::Duration,
    },
    /// What came is not what was pinned.
    #[error("\"{key}\" has the sha256 {found}, and {expected} is pinned: it is refused")]
    Digest {
        /// The key.
        key: String,
        /// The pinned digest.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// An archive, or one entry of it, that is not unpacked.
    #[error("\"{key}\" is refused: {reason}")]
    Archive {
        /// The key.
        key: String,
        /// What is wrong, with the entry's name.
        reason: String,
    },
    /// More bytes or files than allowed.
    #[error("\"{key}\" is refused: more than {limit} {unit}")]
    TooLarge {
        /// The key.
        key: String,
        /// How much is allowed.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A package that is there, and cannot be used.
    #[error("the package \"{key}\" cannot be used: {reason}")]
    Package {
        /// The key.
        key: String,
        /// What is wrong, and in which file.
        reason: String,
    },
    /// A local file or folder that cannot be read or written.
    #[error("{path}: {cause}")]
    Disk {
        /// The file or folder.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
    /// What a strategy of the application's own says.
    #[error("\"{key}\" cannot be loaded: {cause}")]
    Custom {
        /// The key.
        key: String,
        /// What happened.
        cause: Cause,
    },
}

impl LoadingError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownStrategy { .. } => "LOADING_STRATEGY_UNKNOWN",
            Self::DuplicateStrategy { .. } => "LOADING_STRATEGY_DUPLICATE",
            Self::InvalidKey { .. } => "LOADING_KEY_INVALID",
            Self::InvalidOption { .. } => "LOADING_OPTION_INVALID",
            Self::NotFound { .. } => "LOADING_NOT_FOUND",
            Self::Unavailable { .. } => "LOADING_UNAVAILABLE",
            Self::Denied { .. } => "LOADING_DENIED",
            Self::Timeout { .. } => "LOADING_TIMEOUT",
            Self::Digest { .. } => "LOADING_DIGEST_MISMATCH",
            Self::Archive { .. } => "LOADING_ARCHIVE_INVALID",
            Self::TooLarge { .. } => "LOADING_TOO_LARGE",
            Self::Package { .. } => "LOADING_PACKAGE_INVALID",
            Self::Disk { .. } => "LOADING_DISK",
            Self::Custom { .. } => "LOADING_FAILED",
        }
    }

    /// An error of a strategy of one's own.
    pub fn custom(key: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self::Custom { key: key.into(), cause: cause.into() }
    }

    pub(crate) fn invalid_key(key: &str, reason: impl Into<String>) -> Self {
        Self::InvalidKey { key: key.to_owned(), reason: reason.into() }
    }

    pub(crate) fn disk(path: &Path, cause: io::Error) -> Self {
        Self::Disk { path: path.display().to_string(), cause }
    }
}

/// A key, or, where there is none, all there is.
fn what(key: &str) -> String {
    if key.is_empty() { "the list of what there is".to_owned() } else { format!("\"{key}\"") }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn humantime(limit: std::time::Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}
