use std::{fmt, str::FromStr};

use crate::loading::LoadingError;

/// Names of packages: a name with at most one `*`, such as `my-company-plugin-*` or `@acme/*`.
///
/// The `*` stands for anything but `/`, so that a pattern without a scope fits no package with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagePattern {
    before: String,
    /// None where the pattern is a name itself.
    after: Option<String>,
}

impl PackagePattern {
    /// Whether a name fits.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self.after {
            Some(_) => self.star(name).is_some(),
            None => name == self.before,
        }
    }

    /// What the star stands for in a name that fits.
    pub(super) fn star<'n>(&self, name: &'n str) -> Option<&'n str> {
        let middle = name.strip_prefix(&*self.before)?.strip_suffix(self.after.as_deref()?)?;
        Some(middle).filter(|middle| !middle.is_empty() && !middle.contains('/'))
    }
}

impl PackagePattern {
    /// Whether a name in this scope, such as `@acme`, may fit.
    pub(super) fn may_be_in(&self, scope: &str) -> bool {
        match self.before.split_once('/') {
            Some((own, _)) => own == scope,
            None => self.before.starts_with('@') && scope.starts_with(&*self.before),
        }
    }
}

impl FromStr for PackagePattern {
    type Err = LoadingError;

    fn from_str(pattern: &str) -> Result<Self, LoadingError> {
        // A name with something in the star's place.
        check_name(&pattern.replacen('*', "x", 1)).map_err(|_| {
            LoadingError::invalid_key(pattern, "allowed is a name with one * at most")
        })?;
        Ok(match pattern.split_once('*') {
            Some((before, after)) => {
                Self { before: before.to_owned(), after: Some(after.to_owned()) }
            }
            None => Self { before: pattern.to_owned(), after: None },
        })
    }
}

impl fmt::Display for PackagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.before)?;
        self.after.as_ref().map_or(Ok(()), |after| write!(f, "*{after}"))
    }
}

/// Refuses what can be no package's name, by npm's rules.
pub(super) fn check_name(name: &str) -> Result<(), LoadingError> {
    let (scope, bare) = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').unwrap_or((scoped, "")),
        None => ("x", name),
    };
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_'])
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    if name.len() <= 214 && is_part(scope) && is_part(bare) && bare != "node_modules" {
        return Ok(());
    }
    Err(LoadingError::invalid_key(name, "it is no name of a package"))
}
