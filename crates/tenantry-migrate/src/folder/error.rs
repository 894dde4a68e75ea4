use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::Layout;
use crate::script::Location;

/// A folder of migrations that can't be used: nothing was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderError {
    folder: PathBuf,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Missing,
    Unreadable(String),
    /// Files of several tools.
    Mixed(Vec<(Layout, String)>),
    Invalid(Vec<FolderProblem>),
}

impl FolderError {
    pub(super) fn missing(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Missing }
    }

    pub(super) fn unreadable(folder: &Path, error: &io::Error) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Unreadable(error.to_string()) }
    }

    pub(super) fn mixed(folder: &Path, seen: Vec<(Layout, String)>) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Mixed(seen) }
    }

    pub(super) fn invalid(folder: &Path, problems: Vec<FolderProblem>) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Invalid(problems) }
    }

    /// Two migrations with one number, of which one at least is written in Rust.
    pub(crate) fn same_number(folder: &Path, first: &str, second: &str) -> Self {
        let reason = format!("it has the number of {first}; each needs one of its own");
        Self::invalid(folder, vec![FolderProblem::new(second, None, reason)])
    }

    /// A seed that asks to run without a transaction.
    pub(crate) fn without_transaction(folder: &Path, name: &str) -> Self {
        let reason = "a seed's files are one transaction; make what refuses one a migration";
        Self::invalid(folder, vec![FolderProblem::new(name, None, reason.to_owned())])
    }

    /// The error's stable name: `MIGRATIONS_MISSING` or `MIGRATIONS_INVALID`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.fault {
            Fault::Missing => "MIGRATIONS_MISSING",
            Fault::Unreadable(_) | Fault::Mixed(_) | Fault::Invalid(_) => "MIGRATIONS_INVALID",
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is wrong with which file; none when it is the folder itself.
    #[must_use]
    pub fn problems(&self) -> &[FolderProblem] {
        match &self.fault {
            Fault::Invalid(problems) => problems,
            Fault::Missing | Fault::Unreadable(_) | Fault::Mixed(_) => &[],
        }
    }
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        match &self.fault {
            Fault::Missing => write!(
                f,
                "there is no folder {folder} for migrations; make it, or name another in \
                 [migrations] of tenantry.toml"
            ),
            Fault::Unreadable(reason) => {
                write!(f, "the folder {folder} of migrations cannot be read: {reason}")
            }
            Fault::Mixed(seen) => {
                let seen: Vec<String> =
                    seen.iter().map(|(layout, sign)| format!("{layout} ({sign})")).collect();
                write!(
                    f,
                    "the folder {folder} has migrations in more than one layout: {}; keep one of them",
                    seen.join(" and ")
                )
            }
            Fault::Invalid(problems) => match problems.as_slice() {
                [problem] => write!(f, "invalid migration {folder}/{problem}"),
                problems => {
                    write!(f, "invalid migrations, {} problems:", problems.len())?;
                    problems.iter().try_for_each(|problem| write!(f, "\n- {folder}/{problem}"))
                }
            },
        }
    }
}

impl std::error::Error for FolderError {}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FolderProblem {
    file: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    #[serde(rename = "message")]
    reason: String,
}

impl FolderProblem {
    pub(super) fn new(file: &str, location: Option<Location>, reason: String) -> Self {
        Self { file: file.to_owned(), location, reason }
    }

    pub(super) fn of_file(file: &str, reason: impl Into<String>) -> Self {
        Self::new(file, None, reason.into())
    }

    /// After this much of the file.
    pub(super) fn at_end_of(file: &str, text: &str, reason: String) -> Self {
        let begin = text.rfind('\n').map_or(0, |end| end + 1);
        Self::new(file, Some(Location::in_text(text, begin, text.len())), reason)
    }

    /// The file, by its path in the folder.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where it is in the file, if it is somewhere.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// The line, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.location.as_ref().map(|location| location.line)
    }

    /// What is wrong, and what to do.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// `0002_orders.sql:7:3: …`, and the statement up to there.
impl fmt::Display for FolderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, location, reason } = self;
        match location {
            Some(location) => write!(f, "{file}:{location}: {reason}\n{}", location.excerpt),
            None => write!(f, "{file}: {reason}"),
        }
    }
}
