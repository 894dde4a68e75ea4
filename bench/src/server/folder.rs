//! The tenants' folders, copied from `bench/server`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::{tenants, workspace};

/// A folder of tenants' folders. Removed when dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// With so many tenants.
    pub(super) fn new(count: usize) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("tenantry-bench-{}", std::process::id()));
        let folder = Self { path };
        for number in 1..=count {
            copy(&workspace::bench().join("server/tenant"), &folder.of(number))?;
        }
        Ok(folder)
    }

    /// Gives a tenant routes that do no good.
    pub(super) fn make_bad(&self, number: usize) -> Result<()> {
        copy(&workspace::bench().join("server/bad"), &self.of(number))
    }

    /// Gives a tenant one more file of routes, or another text in it.
    pub(super) fn write_routes(&self, number: usize, text: &str) -> Result<()> {
        Ok(fs::write(self.of(number).join("routes/watched.mjs"), text)?)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn of(&self, number: usize) -> PathBuf {
        self.path.join(tenants::id(number))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the system's folder for that.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
