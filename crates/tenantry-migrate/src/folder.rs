//! A folder of migrations: plain SQL files, in the order of their numbers.

mod error;
mod name;

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub use self::error::{FolderError, FolderProblem};

use self::name::FileName;
use crate::script;

/// The migrations of one kind, tenants' or shared: what is in a folder, read and checked.
#[derive(Clone, Debug)]
pub struct Migrations {
    folder: PathBuf,
    files: Vec<Migration>,
}

/// One migration: a file such as `0001_users.sql`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// What orders it.
    pub number: i64,
    /// The file's name, such as `0001_users.sql`.
    pub name: String,
    /// What it does.
    pub sql: String,
    /// SHA-256 of its text, in hexadecimal. Line ends count as `\n` whatever they are, since Git
    /// may change them.
    pub checksum: String,
}

impl Migrations {
    /// Reads a folder.
    ///
    /// Files that don't end in `.sql` are left alone, unless they begin like a migration: then
    /// somebody thinks that they are one.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn read(folder: &Path) -> Result<Self, FolderError> {
        Self::read_if_there(folder)?.ok_or_else(|| FolderError::missing(folder))
    }

    /// Reads a folder, if there is one.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn read_if_there(folder: &Path) -> Result<Option<Self>, FolderError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FolderError::unreadable(folder, &error)),
        };
        let mut files: Vec<Migration> = Vec::new();
        let mut problems = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| FolderError::unreadable(folder, &error))?;
            match read_entry(&entry) {
                Ok(file) => files.extend(file),
                Err(problem) => problems.push(problem),
            }
        }
        files.sort_by(|a, b| (a.number, &a.name).cmp(&(b.number, &b.name)));
        for pair in files.windows(2) {
            if let [first, second] = pair
                && first.number == second.number
            {
                problems.push(FolderProblem::new(
                    &second.name,
                    None,
                    format!("it has the number of {}; each needs one of its own", first.name),
                ));
            }
        }
        if problems.is_empty() {
            return Ok(Some(Self { folder: folder.to_owned(), files }));
        }
        problems.sort_by(|a, b| a.file().cmp(b.file()));
        Err(FolderError::invalid(folder, problems))
    }

    /// No migrations, for a folder that isn't there.
    pub(crate) fn none(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), files: Vec::new() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn into_files(self) -> Vec<Migration> {
        self.files
    }

    /// The migrations, by number.
    #[must_use]
    pub fn files(&self) -> &[Migration] {
        &self.files
    }
}

/// What an entry of the folder is: a migration, nothing of ours, or a mistake.
fn read_entry(entry: &fs::DirEntry) -> Result<Option<Migration>, FolderProblem> {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let problem = |line, reason| FolderProblem::new(&name, line, reason);
    let is_file = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file());
    let number = match name::read(&name, is_file) {
        FileName::Migration(number) => number,
        FileName::Other => return Ok(None),
        FileName::Mistake(reason) => return Err(problem(None, reason.to_owned())),
    };
    let bytes = fs::read(entry.path())
        .map_err(|error| problem(None, format!("it cannot be read: {error}")))?;
    let sql = String::from_utf8(bytes).map_err(|error| {
        let (valid, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
        problem(Some(line), "it is not UTF-8; save it as UTF-8".to_owned())
    })?;
    // Some editors begin a file with a mark, which PostgreSQL takes for a syntax error.
    let sql = sql.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(sql);
    if let Some(nul) = sql.find('\0') {
        let line = 1 + sql[..nul].matches('\n').count();
        return Err(problem(Some(line), "it has a NUL character in it".to_owned()));
    }
    match script::check(&sql) {
        Ok(0) => {
            Err(problem(None, "it holds no statement; write one, or take the file away".to_owned()))
        }
        Ok(_) => {
            Ok(Some(Migration { number, name: name.into_owned(), checksum: checksum(&sql), sql }))
        }
        Err(fault) => Err(problem(Some(fault.line), fault.kind.to_string())),
    }
}

fn checksum(sql: &str) -> String {
    let mut hasher = Sha256::new();
    let mut lines = sql.split("\r\n");
    hasher.update(lines.next().unwrap_or_default());
    for line in lines {
        hasher.update("\n");
        hasher.update(line);
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.finalize() {
        write!(text, "{byte:02x}").expect("a String takes whatever is written to it");
    }
    text
}

#[cfg(test)]
mod tests;
