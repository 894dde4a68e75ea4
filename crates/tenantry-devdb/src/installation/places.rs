//! Where PostgreSQL's programs usually are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A kind of place, and the directories of that kind on this machine.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) dirs: Vec<PathBuf>,
}

impl Place {
    pub(super) fn new(name: impl Into<String>, dirs: Vec<PathBuf>) -> Self {
        Self { name: name.into(), dirs }
    }
}

/// What a directory has of the programs that are needed.
pub(super) enum Candidate {
    /// The directory where they really are, links followed.
    Found(PathBuf),
    /// What is missing.
    Missing(String),
}

pub(super) fn usual() -> Vec<Place> {
    let mut places = vec![
        Place::new("pg_config --bindir", pg_config_bindir().into_iter().collect()),
        Place::new("PATH", in_path()),
        Place::new("/usr/lib/postgresql/*/bin", versions("/usr/lib/postgresql", "", "bin")),
        Place::new("/usr/pgsql-*/bin", versions("/usr", "pgsql-", "bin")),
    ];
    for opt in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
        let mut dirs = versions(opt, "postgresql@", "bin");
        dirs.extend(existing(Path::new(opt).join("postgresql/bin")));
        places.push(Place::new(format!("{opt}/postgresql@*/bin"), dirs));
    }
    let app = "/Applications/Postgres.app/Contents/Versions";
    places.push(Place::new(format!("{app}/*/bin"), versions(app, "", "bin")));
    places
}

/// `initdb` and `postgres`, side by side once links are followed: `/usr/local/bin/postgres` may be
/// a link, and PostgreSQL finds the rest of itself relative to where it really is.
pub(super) fn programs_in(dir: &Path) -> Candidate {
    if !dir.is_dir() {
        return Candidate::Missing("no such directory".to_owned());
    }
    let Ok(initdb) = dir.join("initdb").canonicalize() else {
        return Candidate::Missing("no initdb there".to_owned());
    };
    let bin_dir = initdb.parent().unwrap_or(dir);
    if bin_dir.join("postgres").is_file() {
        return Candidate::Found(bin_dir.to_owned());
    }
    Candidate::Missing(format!("{} is there, but no postgres beside it", initdb.display()))
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    let dir = dir.trim();
    (output.status.success() && !dir.is_empty()).then(|| PathBuf::from(dir))
}

/// The directories of PATH that hold `initdb` or `postgres`: the others are of no interest even in
/// an error message.
fn in_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .filter(|dir| dir.join("initdb").exists() || dir.join("postgres").exists())
        .collect()
}

/// `{parent}/{prefix}*/{below}`, as far as it exists.
fn versions(parent: &str, prefix: &str, below: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut dirs: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .filter_map(|entry| existing(entry.path().join(below)))
        .collect();
    dirs.sort();
    dirs
}

fn existing(dir: PathBuf) -> Option<PathBuf> {
    dir.is_dir().then_some(dir)
}
