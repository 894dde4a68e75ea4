//! The files, and the script that psql gets of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Doing as _, Failure, Result};
use crate::{tenants, workspace};

/// The migrations of a tenant, in order.
#[derive(Debug)]
pub(super) struct Files(Vec<String>);

/// Where they are.
pub(super) fn folder() -> PathBuf {
    workspace::bench().join("migrations/tenant")
}

impl Files {
    pub(super) fn read() -> Result<Self> {
        Self::read_from(&folder())
    }

    /// The files' names, without `.sql`.
    pub(super) fn names() -> Result<Vec<String>> {
        let stem =
            |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(paths(&folder())?.iter().filter_map(stem).collect())
    }

    fn read_from(folder: &Path) -> Result<Self> {
        let read = |path: PathBuf| fs::read_to_string(&path).doing(path.display());
        Ok(Self(paths(folder)?.into_iter().map(read).collect::<Result<_>>()?))
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Counted by semicolons: the files hold none that does not end a statement.
    pub(super) fn statements(&self) -> usize {
        self.0.iter().map(|file| file.matches(';').count()).sum()
    }

    /// All files for each of the tenants, each file in a transaction of its own.
    pub(super) fn script(&self, numbers: impl IntoIterator<Item = usize>) -> String {
        let mut script = String::new();
        for number in numbers {
            let schema = tenants::schema(&tenants::id(number));
            for file in &self.0 {
                write!(script, "BEGIN;\nSET LOCAL search_path = \"{schema}\";\n{file}\nCOMMIT;\n")
                    .expect("a string takes whatever is written to it");
            }
        }
        script
    }
}

/// The files in a folder, in order.
fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).doing(folder.display())? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::new(format!("no .sql files in {}", folder.display())));
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn there_are_five_files_of_eleven_statements() {
        let files = Files::read().expect("the files are in the repository");
        assert_eq!((files.count(), files.statements()), (5, 11));
    }

    #[test]
    fn each_file_is_a_transaction_in_the_tenants_schema() {
        let files = Files(vec!["CREATE TABLE a ();".to_owned(), "CREATE TABLE b ();".to_owned()]);
        assert_eq!(
            files.script([7]),
            "BEGIN;\nSET LOCAL search_path = \"tenant_t0007\";\nCREATE TABLE a ();\nCOMMIT;\n\
             BEGIN;\nSET LOCAL search_path = \"tenant_t0007\";\nCREATE TABLE b ();\nCOMMIT;\n"
        );
    }
}
