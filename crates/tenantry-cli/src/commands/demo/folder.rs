use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::failure::{Failure, Result};

/// The API's migrations, so that the command works wherever it is.
const MIGRATIONS: [(&str, &str); 1] = [(
    "0001_projects.sql",
    include_str!("../../../../../examples/projects-api/migrations/tenant/0001_projects.sql"),
)];

/// `.demo` in the current folder: everything that the demo keeps.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it, with the migrations in it.
    pub(super) fn make() -> Result<Self> {
        let folder = Self(PathBuf::from(".demo"));
        folder.write_migrations().map_err(|error| Failure::io("cannot write to .demo", &error))?;
        Ok(folder)
    }

    fn write_migrations(&self) -> io::Result<()> {
        let tenant = self.0.join("migrations/tenant");
        // What an older version of the demo has left would be applied, too.
        match fs::remove_dir_all(&tenant) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(&tenant)?;
        MIGRATIONS.iter().try_for_each(|(name, sql)| fs::write(tenant.join(name), sql))
    }

    /// Writes a configuration for other commands of ours. It may hold a password, so nobody else
    /// can read it.
    pub(super) fn write_config(&self, url: Option<&str>) -> Result<()> {
        let mut text = String::from(
            "# Written by `tenantry demo`, for: tenantry --config .demo/tenantry.toml status\n\n",
        );
        if let Some(url) = url {
            // URLs of ours hold neither quotes nor backslashes.
            text.push_str(&format!("[connection]\nurl = \"{url}\"\n\n"));
        }
        text.push_str("[migrations]\ntenant_dir = \"migrations/tenant\"\n");
        let written = replace_privately(&self.config(), &text);
        written.map_err(|error| Failure::io("cannot write .demo/tenantry.toml", &error))
    }

    pub(super) fn config(&self) -> PathBuf {
        self.0.join("tenantry.toml")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    pub(super) fn tenant_dir(&self) -> String {
        self.0.join("migrations/tenant").display().to_string()
    }

    pub(super) fn shared_dir(&self) -> String {
        self.0.join("migrations/shared").display().to_string()
    }
}

fn replace_privately(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_every_migration_of_the_api() {
        let folder =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/projects-api/migrations/tenant");
        let mut there: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(there, MIGRATIONS.map(|(name, _)| name));
    }
}
