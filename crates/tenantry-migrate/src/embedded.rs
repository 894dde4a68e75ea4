use std::path::Path;

use crate::{FolderError, Migrations};

/// A folder of migrations, in the program from when it was compiled: nothing needs to be beside it.
///
/// The folder is relative to the package's own. The compiler sees when a file of it changes; to see
/// a new one, the package needs a `build.rs` with `println!("cargo:rerun-if-changed=migrations")`.
///
/// ```no_run
/// # fn example(tenants: tenantry::TenantManager) -> Result<(), tenantry_migrate::FolderError> {
/// use tenantry_migrate::{Migrator, embedded};
///
/// let migrator = Migrator::new(tenants).tenant_migrations(embedded!("tests/migrate/embedded")?);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! embedded {
    ($folder:tt) => {
        $crate::Migrations::embedded($folder, $crate::embedded_files!($folder))
    };
}

impl Migrations {
    /// What [`embedded!`](crate::embedded) gives, or anything of the kind: the files' paths in a
    /// folder, and their texts.
    ///
    /// # Errors
    ///
    /// [`FolderError`], with everything that is wrong.
    pub fn embedded(
        folder: &str,
        files: &[(&'static str, &'static str)],
    ) -> Result<Self, FolderError> {
        let files = files.iter().map(|(name, text)| (*name, text.as_bytes()));
        Self::from_files(Path::new(folder), files)
    }
}
