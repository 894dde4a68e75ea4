//! Finding PostgreSQL's programs.

mod places;

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{DevDbError, Looked, Result};
use places::{Candidate, Place};

/// The oldest major version that is supported.
const OLDEST: u32 = 14;
/// The newest major version that is supported.
const NEWEST: u32 = 18;

/// The directory of PostgreSQL's programs that is to be used, and no other.
pub(crate) const BIN_VARIABLE: &str = "TENANTRY_PG_BIN";

/// PostgreSQL's programs as they are installed on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    bin_dir: PathBuf,
    version: Version,
}

/// PostgreSQL's version, as in 16.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The part that decides what a data directory looks like.
    pub major: u32,
    /// The part that counts corrections.
    pub minor: u32,
}

impl Installation {
    /// The installation in this directory of programs.
    ///
    /// # Errors
    ///
    /// `POSTGRES_NOT_FOUND` if the programs are not there, do not run, or are of a version other
    /// than 14 to 18.
    pub fn at(bin_dir: impl AsRef<Path>) -> Result<Self> {
        let place = Place::new("the directory given", vec![bin_dir.as_ref().to_owned()]);
        newest(&[place])
    }

    /// The directory that holds `initdb` and `postgres`.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }
}

/// Finds the newest PostgreSQL 14 to 18 on this machine.
///
/// Looks at the directory in `TENANTRY_PG_BIN`, and only there if it is set; else at what
/// `pg_config --bindir` says, `PATH`, `/usr/lib/postgresql/*/bin`, `/usr/pgsql-*/bin`, Homebrew and
/// Postgres.app.
///
/// # Errors
///
/// `POSTGRES_NOT_FOUND`, with every place that was looked at and what to type.
pub fn find_installation() -> Result<Installation> {
    newest(&all_places())
}

/// The newest installation of this major version, for a data directory that needs it.
pub(crate) fn find_major(dir: &Path, major: u32) -> Result<Installation> {
    let (found, looked) = search(&all_places());
    if found.is_empty() {
        return Err(not_found(looked));
    }
    let versions: Vec<_> = found.iter().map(|it| it.version.to_string()).collect();
    found.into_iter().find(|it| it.version.major == major).ok_or_else(|| {
        DevDbError::VersionMismatch {
            dir: dir.to_owned(),
            made_by: major,
            found: versions.join(", "),
        }
    })
}

fn all_places() -> Vec<Place> {
    match env::var_os(BIN_VARIABLE) {
        Some(dir) => vec![Place::new(BIN_VARIABLE, vec![PathBuf::from(dir)])],
        None => places::usual(),
    }
}

fn newest(places: &[Place]) -> Result<Installation> {
    let (found, looked) = search(places);
    found.into_iter().next().ok_or_else(|| not_found(looked))
}

/// Everything usable in these places, newest first, and what was seen on the way.
fn search(places: &[Place]) -> (Vec<Installation>, Looked) {
    let mut found: Vec<Installation> = Vec::new();
    let mut looked = Looked::default();
    for place in places {
        if place.dirs.is_empty() {
            looked.note(&place.name, "nothing there");
        }
        for dir in &place.dirs {
            let name = format!("{} ({})", place.name, dir.display());
            match places::programs_in(dir) {
                Candidate::Missing(what) => looked.note(name, what),
                Candidate::Found(bin_dir) => match version_of(&bin_dir) {
                    Err(why) => looked.note(name, why),
                    Ok(version) if !(OLDEST..=NEWEST).contains(&version.major) => looked.note(
                        name,
                        format!("PostgreSQL {version}, and {OLDEST} to {NEWEST} are supported"),
                    ),
                    Ok(version) => {
                        looked.note(name, format!("PostgreSQL {version}"));
                        if found.iter().all(|it| it.bin_dir != bin_dir) {
                            found.push(Installation { bin_dir, version });
                        }
                    }
                },
            }
        }
    }
    // A stable sort: among equals the place that was looked at first.
    found.sort_by_key(|it| std::cmp::Reverse(it.version));
    (found, looked)
}

fn not_found(looked: Looked) -> DevDbError {
    DevDbError::NotFound { looked, hint: hint() }
}

fn version_of(bin_dir: &Path) -> Result<Version, String> {
    let output = Command::new(bin_dir.join("postgres"))
        .arg("--version")
        .output()
        .map_err(|error| format!("`postgres --version` does not run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Version::parse(&text).ok_or_else(|| {
        let said =
            if text.trim().is_empty() { String::from_utf8_lossy(&output.stderr) } else { text };
        format!("`postgres --version` says {:?}", said.trim())
    })
}

/// What to type to get PostgreSQL on this machine.
fn hint() -> String {
    let command = if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if Path::new("/usr/bin/apt-get").exists() {
        "sudo apt-get install postgresql"
    } else if Path::new("/usr/bin/dnf").exists() {
        "sudo dnf install postgresql-server"
    } else {
        "your system's package manager, for a package named like postgresql or postgresql-server"
    };
    format!(
        "install it with: {command}\n\
         or name the directory of an installed one: {BIN_VARIABLE}=/path/to/postgresql/bin"
    )
}

impl Version {
    /// From what `postgres --version` prints: `postgres (PostgreSQL) 16.4 (Debian 16.4-1)`.
    fn parse(text: &str) -> Option<Self> {
        let (_, version) = text.split_once("(PostgreSQL) ")?;
        let mut numbers = version.split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        // 17beta1 and 18devel have no minor version yet.
        let minor = match version.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('.')
        {
            Some(rest) => rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?,
            None => 0,
        };
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn version(text: &str) -> Option<(u32, u32)> {
        Version::parse(text).map(|it| (it.major, it.minor))
    }

    /// A directory of programs whose `postgres --version` says this.
    fn pretended(dir: &Path, says: &str) -> PathBuf {
        fs::create_dir_all(dir).unwrap();
        for program in ["initdb", "postgres"] {
            let path = dir.join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        dir.canonicalize().unwrap()
    }

    #[test]
    fn versions_are_read_as_postgresql_writes_them() {
        assert_eq!(version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some((15, 18)));
        assert_eq!(version("postgres (PostgreSQL) 17.2\n"), Some((17, 2)));
        assert_eq!(version("postgres (PostgreSQL) 18beta1"), Some((18, 0)));
        assert_eq!(version("postgres (PostgreSQL) 19devel"), Some((19, 0)));
        assert_eq!(version("postgres (PostgreSQL) 9.6.24"), Some((9, 6)));
        assert_eq!(version("psql: command not found"), None);
    }

    #[test]
    fn the_newest_supported_version_wins() {
        let temp = tempfile::tempdir().unwrap();
        let old = pretended(&temp.path().join("old"), "postgres (PostgreSQL) 14.3");
        let new = pretended(&temp.path().join("new"), "postgres (PostgreSQL) 16.1");
        let ancient = pretended(&temp.path().join("ancient"), "postgres (PostgreSQL) 9.6.24");
        let future = pretended(&temp.path().join("future"), "postgres (PostgreSQL) 19.0");
        let place = Place::new("here", vec![old, ancient, new.clone(), future]);
        let chosen = newest(&[place]).unwrap();
        assert_eq!(chosen.bin_dir(), new);
        assert_eq!(chosen.version().to_string(), "16.1");
    }

    #[test]
    fn a_failed_search_tells_each_place_and_what_to_type() {
        let temp = tempfile::tempdir().unwrap();
        let ancient = pretended(&temp.path().join("ancient"), "postgres (PostgreSQL) 13.9");
        let broken = pretended(&temp.path().join("broken"), "oops");
        let empty = temp.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let dirs = vec![ancient, broken, empty, temp.path().join("nowhere")];
        let places = [Place::new("here", dirs), Place::new("Homebrew", Vec::new())];

        let error = newest(&places).unwrap_err();

        assert_eq!(error.code(), "POSTGRES_NOT_FOUND");
        let text = error.to_string();
        for part in [
            "ancient): PostgreSQL 13.9, and 14 to 18 are supported",
            "broken): `postgres --version` says \"oops\"",
            "empty): no initdb there",
            "nowhere): no such directory",
            "Homebrew: nothing there",
            "install it with: ",
            "TENANTRY_PG_BIN=",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }

    #[test]
    fn links_elsewhere_are_followed_to_the_real_directory() {
        let temp = tempfile::tempdir().unwrap();
        let real = pretended(&temp.path().join("real"), "postgres (PostgreSQL) 15.1");
        let links = temp.path().join("links");
        fs::create_dir(&links).unwrap();
        for program in ["initdb", "postgres"] {
            std::os::unix::fs::symlink(real.join(program), links.join(program)).unwrap();
        }
        let chosen = Installation::at(&links).unwrap();
        assert_eq!(chosen.bin_dir(), real);
    }
}
