//! A folder of migrations: files of SQL, in the order of their numbers.

mod error;
mod file;
mod layout;
mod listing;
mod migration;

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

pub use self::{
    error::{FolderError, FolderProblem},
    layout::Layout,
    migration::{Migration, Origin},
};

use self::{
    layout::{Found, Names},
    listing::Listing,
    migration::checksum,
};
use crate::script::Reading;

/// The migrations of one kind, tenants' or shared: what is in a folder, read and checked.
#[derive(Clone, Debug)]
pub struct Migrations {
    folder: PathBuf,
    layout: Layout,
    files: Vec<Migration>,
}

/// Whose migrations they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Tenants,
    Shared,
}

/// The longest name that the ledger holds, in characters.
const LONGEST_NAME: usize = 200;

impl Migrations {
    /// Reads a folder of tenants' migrations, in whichever [`Layout`] its files are.
    ///
    /// Files that can be no migrations are left alone, unless they look like some: then somebody thinks that
    /// they are.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn read(folder: &Path) -> Result<Self, FolderError> {
        Self::read_if_there(folder)?.ok_or_else(|| FolderError::missing(folder))
    }

    /// Reads a folder of tenants' migrations, if there is one.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn read_if_there(folder: &Path) -> Result<Option<Self>, FolderError> {
        Self::read_listing(folder, Whose::Tenants)
    }

    /// Reads a folder of the shared schema's migrations, where nothing can ask for a tenant.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn read_shared(folder: &Path) -> Result<Self, FolderError> {
        Self::read_shared_if_there(folder)?.ok_or_else(|| FolderError::missing(folder))
    }

    /// Reads a folder of the shared schema's migrations, if there is one.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn read_shared_if_there(folder: &Path) -> Result<Option<Self>, FolderError> {
        Self::read_listing(folder, Whose::Shared)
    }

    /// Tenants' migrations that are in memory, such as those a program has in it: their paths in a folder, with `/` between the
    /// names, and their bytes. The folder is for messages alone.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn from_files<P, B>(
        folder: &Path,
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Result<Self, FolderError>
    where
        P: Into<String>,
        B: Into<Cow<'static, [u8]>>,
    {
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into()));
        Self::read_files(&Listing::of_files(folder, files), Whose::Tenants)
    }

    fn read_listing(folder: &Path, whose: Whose) -> Result<Option<Self>, FolderError> {
        match Listing::of(folder) {
            Ok(Some(listing)) => Self::read_files(&listing, whose).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(FolderError::unreadable(folder, &error)),
        }
    }

    fn read_files(listing: &Listing, whose: Whose) -> Result<Self, FolderError> {
        let folder = &listing.folder;
        let layout = Layout::of(listing).map_err(|seen| FolderError::mixed(folder, seen))?;
        let Names { mut found, mut problems } = layout.names(listing);
        found.sort_by(|a, b| (a.number, &a.up).cmp(&(b.number, &b.up)));
        for pair in found.windows(2) {
            if let [first, second] = pair
                && first.number == second.number
            {
                let reason =
                    format!("it has the number of {}; each needs one of its own", first.up);
                problems.push(FolderProblem::of_file(&second.up, reason));
            }
        }
        let mut files = Vec::with_capacity(found.len());
        for found in found {
            match read_migration(listing, layout, whose, found) {
                Ok(migration) => files.push(migration),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            return Ok(Self { folder: folder.clone(), layout, files });
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

    /// Whose habits the files follow.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
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

fn read_migration(
    listing: &Listing,
    layout: Layout,
    whose: Whose,
    found: Found,
) -> Result<Migration, Vec<FolderProblem>> {
    let Found { number, name, up, down, origin, no_transaction } = found;
    let mut problems = Vec::new();
    if let Err(reason) = check_name(&name) {
        problems.push(FolderProblem::of_file(&up, reason));
    }
    let reading = Reading {
        strings: layout == Layout::Tenantry,
        shared: whose == Whose::Shared,
        first_line: matches!(layout, Layout::Tenantry | Layout::Sqlx),
        no_transaction,
    };
    let path = listing.folder.join(&up);
    let down_path = down.as_ref().map(|down| listing.folder.join(down));
    let up = file::read(listing, &up, reading).map_err(|found| problems.extend(found));
    let down = down.map(|down| file::read(listing, &down, reading)).transpose();
    let down = down.map_err(|found| problems.extend(found));
    match (up, down) {
        (Ok(up), Ok(down)) if problems.is_empty() => {
            let checksum = checksum(up.text());
            Ok(Migration { number, name, checksum, path, origin, up, down, down_path })
        }
        _ => Err(problems),
    }
}

/// Whether the ledger can hold a name, and anybody read it.
fn check_name(name: &str) -> Result<(), &'static str> {
    let is_odd = |c: char| c.is_control() || matches!(c, '\'' | '"' | '\\' | '`');
    if name.chars().count() > LONGEST_NAME {
        return Err("its name is longer than 200 characters");
    }
    if name.contains(is_odd) {
        return Err("its name has quotes or control characters in it");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
