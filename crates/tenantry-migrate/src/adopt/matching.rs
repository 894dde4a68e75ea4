//! The rows of another tool's ledger against the files.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
};

use sha2::{Digest, Sha256, Sha384};

use super::{found::Applied, tool::Format};
use crate::{Migration, Migrations, Origin};

/// What other tools know each file by.
pub(super) struct Files<'a> {
    pub(super) migrations: &'a [Migration],
    by_stem: HashMap<String, usize>,
    /// Files may be equal: a tool that goes by hashes takes all of them for applied.
    by_sha256: HashMap<String, Vec<usize>>,
    sha384: Vec<Vec<String>>,
    by_number: HashMap<i64, usize>,
    by_diesel_version: HashMap<String, usize>,
    /// By drizzle-kit's moments, in milliseconds.
    by_when: HashMap<i64, usize>,
}

/// What a ledger says, in terms of the files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    /// The files that were applied, by their places in the folder, and when.
    pub(super) applied: BTreeMap<usize, Option<i64>>,
    /// Those among them that are not what was applied.
    pub(super) changed: Vec<usize>,
    /// Rows for which there is no file.
    pub(super) gone: Vec<String>,
    /// Rows of migrations that failed halfway.
    pub(super) failed: Vec<String>,
    /// Files that have more than one row.
    pub(super) repeated: Vec<usize>,
}

impl<'a> Files<'a> {
    pub(super) fn new(migrations: &'a Migrations) -> Self {
        let migrations = migrations.files();
        let mut files = Self {
            migrations,
            by_stem: HashMap::new(),
            by_sha256: HashMap::new(),
            sha384: Vec::with_capacity(migrations.len()),
            by_number: HashMap::new(),
            by_diesel_version: HashMap::new(),
            by_when: HashMap::new(),
        };
        for (index, migration) in migrations.iter().enumerate() {
            let stem = stem(migration.path());
            let texts = texts(migration.path());
            for text in &texts {
                let same = files.by_sha256.entry(hex(&Sha256::digest(text))).or_default();
                if !same.contains(&index) {
                    same.push(index);
                }
            }
            files.sha384.push(texts.iter().map(|text| hex(&Sha384::digest(text))).collect());
            if let Some(number) = number(&stem) {
                files.by_number.insert(number, index);
            }
            if let Origin::Drizzle { when: Some(when) } = migration.origin() {
                files.by_when.insert(*when, index);
            }
            files.by_diesel_version.insert(diesel_version(&stem), index);
            files.by_stem.insert(stem, index);
        }
        files
    }

    /// Finds the file of each row.
    pub(super) fn matched(&self, format: Format, rows: &[Applied]) -> Matched {
        let mut matched = Matched::default();
        for row in rows {
            let (files, is_as_applied) = self.files_of(format, row);
            let told = || match files.first() {
                Some(index) => self.migrations[*index].name.clone(),
                None => shown(&row.key),
            };
            if !row.succeeded {
                matched.failed.push(told());
                continue;
            }
            if files.is_empty() {
                matched.gone.push(told());
            }
            for index in files {
                if matched.applied.insert(index, row.at).is_some() {
                    matched.repeated.push(index);
                }
                if !is_as_applied {
                    matched.changed.push(index);
                }
            }
        }
        matched.repeated.sort_unstable();
        matched.repeated.dedup();
        matched.changed.sort_unstable();
        matched.changed.dedup();
        matched
    }

    /// The files of a row, and whether they are what was applied, as far as the tool can tell.
    fn files_of(&self, format: Format, row: &Applied) -> (Vec<usize>, bool) {
        let one = |index: Option<&usize>| index.copied().into_iter().collect::<Vec<_>>();
        let by_stem = || one(self.by_stem.get(crate::naming::stem(&row.key)));
        match format {
            Format::Name { .. } => (by_stem(), true),
            Format::Hash | Format::DrizzleKit => {
                if let Some(same) = self.by_sha256.get(&row.key) {
                    return (same.clone(), true);
                }
                // drizzle-multitenant takes a name in that column, too.
                let named = by_stem();
                if !named.is_empty() {
                    return (named, true);
                }
                let when = row.check.as_ref().and_then(|when| when.parse::<i64>().ok());
                // In the name of a folder that `drizzle-kit up` has made of a file there are whole seconds.
                let second = when.map(|when| when - when.rem_euclid(1000));
                let mut moments = [when, second].into_iter().flatten();
                (one(moments.find_map(|moment| self.by_when.get(&moment))), false)
            }
            Format::DrizzleKit1 => {
                let index = self.by_stem.get(crate::naming::stem(&row.key));
                let same = row.check.as_ref().and_then(|hash| self.by_sha256.get(hash));
                let is_same = index.zip(same).is_some_and(|(index, same)| same.contains(index));
                (one(index), is_same)
            }
            Format::Sqlx => {
                let index = row.key.parse().ok().and_then(|number| self.by_number.get(&number));
                let is_same = index.is_some_and(|index| {
                    row.check.as_ref().is_some_and(|check| self.sha384[*index].contains(check))
                });
                (one(index), is_same)
            }
            Format::Diesel => (one(self.by_diesel_version.get(&row.key)), true),
            Format::Refinery => {
                let index = row.key.parse().ok().and_then(|number| self.by_number.get(&number));
                let is_same = index.is_some_and(|index| {
                    let path = self.migrations[*index].path();
                    row.check.as_ref().is_some_and(|check| refinery_checksums(path).contains(check))
                });
                (one(index), is_same)
            }
        }
    }
}

/// A hash is too long to be read.
fn shown(key: &str) -> String {
    match key.get(..12) {
        Some(beginning) if key.len() >= 64 => format!("{beginning}…"),
        _ => key.to_owned(),
    }
}

/// The name of a migration as other tools know it: of a file, or of the folder that it is in.
fn stem(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let file = name(path).unwrap_or_default();
    if matches!(&*file, "up.sql" | "migration.sql") {
        return path.parent().and_then(name).unwrap_or_default();
    }
    let stem = file.strip_suffix(".sql").unwrap_or(&file);
    stem.strip_suffix(".up").unwrap_or(stem).to_owned()
}

/// sqlx's and refinery's version: `20261120160501_users`, `V7__users`.
fn number(stem: &str) -> Option<i64> {
    let stem = stem.strip_prefix(['V', 'U']).unwrap_or(stem);
    stem.split('_').next()?.parse().ok()
}

/// `2026-11-20-160501_users` is `20261120160501`.
fn diesel_version(stem: &str) -> String {
    stem.split('_').next().unwrap_or_default().replace('-', "")
}

/// What refinery may keep of a file: SipHash 1-3 of its name, version and text, as the standard library's hasher computes
/// it. The version has 32 bits, or 64 by a feature of refinery's.
fn refinery_checksums(path: &Path) -> Vec<String> {
    let stem = stem(path);
    let (Some(number), Some((_, name))) = (number(&stem), stem.split_once("__")) else {
        return Vec::new();
    };
    let texts = texts(path).into_iter().filter_map(|text| String::from_utf8(text).ok());
    let checksums = texts.flat_map(|text| {
        let checksum = |version: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            version(&mut hasher);
            text.hash(&mut hasher);
            hasher.finish().to_string()
        };
        let short = i32::try_from(number).ok();
        let short = short.map(|version| checksum(&|hasher| version.hash(hasher)));
        short.into_iter().chain([checksum(&|hasher| number.hash(hasher))]).collect::<Vec<_>>()
    });
    checksums.collect()
}

/// A file's bytes, and what they are with other line ends, since Git may have changed those.
fn texts(path: &Path) -> Vec<Vec<u8>> {
    let Ok(bytes) = fs::read(path) else {
        return Vec::new();
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return vec![bytes];
    };
    let unix = text.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n").into_bytes();
    let mut texts = vec![bytes, unix.into_bytes(), windows];
    texts.dedup();
    texts
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes whatever is written to it");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Migrations) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let migrations = Migrations::read(folder.path()).unwrap();
        (folder, migrations)
    }

    fn row(key: &str, check: Option<&str>) -> Applied {
        let check = check.map(ToOwned::to_owned);
        Applied { key: key.to_owned(), check, at: Some(7), succeeded: true }
    }

    const FILES: [(&str, &str); 3] = [
        ("0001_a.sql", "SELECT 1;\r\nSELECT 2;\n"),
        ("0002_b.sql", "SELECT 3;"),
        ("0003_c.sql", "SELECT 3;"),
    ];

    #[test]
    fn a_hash_is_of_the_text_whatever_its_line_ends_and_of_all_equal_files() {
        let (_folder, migrations) = folder(&FILES);
        let files = Files::new(&migrations);
        for text in ["SELECT 1;\r\nSELECT 2;\n", "SELECT 1;\nSELECT 2;\n"] {
            let rows = [row(&hex(&Sha256::digest(text)), None)];
            let matched = files.matched(Format::Hash, &rows);
            assert_eq!(matched.applied, BTreeMap::from([(0, Some(7))]), "{text:?}");
        }
        let both =
            files.matched(Format::DrizzleKit, &[row(&hex(&Sha256::digest("SELECT 3;")), None)]);
        assert_eq!(both.applied.into_keys().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(both.repeated, [0_usize; 0]);
    }

    #[test]
    fn rows_without_a_file_repeated_ones_and_failed_ones_are_told() {
        let (_folder, migrations) = folder(&FILES);
        let files = Files::new(&migrations);
        let name = Format::Name { has_applied_at: true };
        let failed = Applied { succeeded: false, ..row("0003_c", None) };
        let rows = [row("0001_a", None), row("0001_a", None), row("0009_x", None), failed];
        let matched = files.matched(name, &rows);
        assert_eq!(matched.applied, BTreeMap::from([(0, Some(7))]));
        assert_eq!(matched.repeated, [0]);
        assert_eq!(matched.gone, ["0009_x"]);
        assert_eq!(matched.failed, ["0003_c.sql"]);
        let hash = "a".repeat(64);
        assert_eq!(files.matched(Format::Hash, &[row(&hash, None)]).gone, ["aaaaaaaaaaaa…"]);
    }

    #[test]
    fn sqlx_goes_by_version_and_checksum() {
        let (_folder, migrations) = folder(&FILES);
        let files = Files::new(&migrations);
        let good = hex(&Sha384::digest("SELECT 3;"));
        let rows = [row("2", Some(&good)), row("3", Some("ff"))];
        let matched = files.matched(Format::Sqlx, &rows);
        assert_eq!(matched.applied.into_keys().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(matched.changed, [2]);
    }

    #[test]
    fn names_are_read_as_each_tool_reads_them() {
        assert_eq!(stem(Path::new("m/2026-11-20-160501_users/up.sql")), "2026-11-20-160501_users");
        assert_eq!(stem(Path::new("m/20261120160501_users/migration.sql")), "20261120160501_users");
        assert_eq!(stem(Path::new("m/20261120_users.up.sql")), "20261120_users");
        assert_eq!(diesel_version("2026-11-20-160501_users"), "20261120160501");
        assert_eq!((number("V7__users"), number("0012_x"), number("x")), (Some(7), Some(12), None));
    }
}
