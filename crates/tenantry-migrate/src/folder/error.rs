use std::{
    fmt, io,
    path::{Path, PathBuf},
};

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
    Invalid(Vec<FolderProblem>),
}

impl FolderError {
    pub(super) fn missing(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Missing }
    }

    pub(super) fn unreadable(folder: &Path, error: &io::Error) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Unreadable(error.to_string()) }
    }

    pub(super) fn invalid(folder: &Path, problems: Vec<FolderProblem>) -> Self {
        Self { folder: folder.to_owned(), fault: Fault::Invalid(problems) }
    }

    /// Two migrations with one number, of which one at least is written in Rust.
    pub(crate) fn same_number(folder: &Path, first: &str, second: &str) -> Self {
        let reason = format!("it has the number of {first}; each needs one of its own");
        Self::invalid(folder, vec![FolderProblem::new(second, None, reason)])
    }

    /// The error's stable name: `MIGRATIONS_MISSING` or `MIGRATIONS_INVALID`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.fault {
            Fault::Missing => "MIGRATIONS_MISSING",
            Fault::Unreadable(_) | Fault::Invalid(_) => "MIGRATIONS_INVALID",
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is wrong with which file; none when the folder itself can't be read.
    #[must_use]
    pub fn problems(&self) -> &[FolderProblem] {
        match &self.fault {
            Fault::Invalid(problems) => problems,
            Fault::Missing | Fault::Unreadable(_) => &[],
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderProblem {
    file: String,
    line: Option<usize>,
    reason: String,
}

impl FolderProblem {
    pub(super) fn new(file: &str, line: Option<usize>, reason: String) -> Self {
        Self { file: file.to_owned(), line, reason }
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong, and what to do.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for FolderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, reason } = self;
        match line {
            Some(line) => write!(f, "{file}:{line}: {reason}"),
            None => write!(f, "{file}: {reason}"),
        }
    }
}
