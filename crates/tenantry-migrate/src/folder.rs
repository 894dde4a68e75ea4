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
use crate::script::{Directives, Script};

/// The migrations of one kind, tenants' or shared: what is in a folder, read and checked.
#[derive(Clone, Debug)]
pub struct Migrations {
    folder: PathBuf,
    layout: Layout,
    files: Vec<Migration>,
}

/// One migration: a file such as `0001_users.sql`, and the file that takes it back, where there is one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// What orders it.
    pub number: i64,
    /// What the ledger calls it: the file's name, such as `0001_users.sql`.
    pub name: String,
    /// SHA-256 of its text, in hexadecimal. Line ends count as `\n` whatever they are, since Git
    /// may change them.
    pub checksum: String,
    path: PathBuf,
    up: Script,
    down: Option<Script>,
}

impl Migration {
    /// What it does.
    #[must_use]
    pub fn up(&self) -> &Script {
        &self.up
    }

    /// What takes it back, where somebody has written that.
    #[must_use]
    pub fn down(&self) -> Option<&Script> {
        self.down.as_ref()
    }

    /// How [`up`](Self::up) is to be run.
    #[must_use]
    pub fn directives(&self) -> &Directives {
        self.up.directives()
    }

    /// The file of [`up`](Self::up).
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whose habits the files of a folder follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// Ours: `0001_users.sql`.
    Tenantry,
    /// drizzle-kit's: `0000_name.sql`, in the order of `meta/_journal.json`.
    Drizzle,
    /// sqlx's: `20261120160501_users.up.sql` and `.down.sql`.
    Sqlx,
    /// Diesel's: `2026-11-20-160501_users/up.sql` and `down.sql`.
    Diesel,
    /// refinery's: `V1__users.sql`.
    Refinery,
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
            return Ok(Some(Self { folder: folder.to_owned(), layout: Layout::Tenantry, files }));
        }
        problems.sort_by(|a, b| a.file().cmp(b.file()));
        Err(FolderError::invalid(folder, problems))
    }

    /// No migrations, for a folder that isn't there.
    pub(crate) fn none(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), layout: Layout::Tenantry, files: Vec::new() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose habits they follow.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
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
    if let Some(nul) = sql.find('\0') {
        let line = 1 + sql[..nul].matches('\n').count();
        return Err(problem(Some(line), "it has a NUL character in it".to_owned()));
    }
    let read = Script::read(sql);
    if let Some(first) = read.problems.into_iter().next() {
        return Err(problem(first.location.map(|location| location.line), first.reason));
    }
    let up = read.script;
    let (path, checksum) = (entry.path(), checksum(up.text()));
    Ok(Some(Migration { number, name: name.into_owned(), checksum, path, up, down: None }))
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
