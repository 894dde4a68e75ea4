use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// What is in a folder, by names; nothing of it has been read yet.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) folder: PathBuf,
    /// The files, by their paths in the folder, with `/` between the names.
    pub(super) files: BTreeMap<String, Source>,
    /// The folders in it.
    pub(super) folders: BTreeSet<String>,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Path(PathBuf),
    Bytes(Cow<'static, [u8]>),
}

/// How deep folders are looked into: a link may lead back.
const DEEPEST: usize = 4;

/// Ends of names that editors and merges leave beside a file.
const LEFTOVERS: [&str; 7] = ["~", ".bak", ".orig", ".rej", ".swo", ".swp", ".tmp"];

impl Listing {
    /// Lists a folder; none if it isn't there.
    pub(super) fn of(folder: &Path) -> io::Result<Option<Self>> {
        let mut listing =
            Self { folder: folder.to_owned(), files: BTreeMap::new(), folders: BTreeSet::new() };
        match listing.add(folder, "", 0) {
            Ok(()) => Ok(Some(listing)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Files that are in memory.
    pub(super) fn of_files(
        folder: &Path,
        files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>,
    ) -> Self {
        let mut listing =
            Self { folder: folder.to_owned(), files: BTreeMap::new(), folders: BTreeSet::new() };
        for (path, bytes) in files {
            let path = path.replace('\\', "/");
            let folders = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
            listing.folders.extend(folders);
            if !is_left_over(&path) {
                listing.files.insert(path, Source::Bytes(bytes));
            }
        }
        listing
    }

    fn add(&mut self, folder: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{prefix}{name}");
            // A link that leads nowhere is nothing.
            let Ok(metadata) = fs::metadata(entry.path()) else {
                continue;
            };
            if metadata.is_dir() {
                if depth < DEEPEST {
                    self.add(&entry.path(), &format!("{path}/"), depth + 1)?;
                }
                self.folders.insert(path);
            } else if metadata.is_file() && !is_left_over(&name) {
                self.files.insert(path, Source::Path(entry.path()));
            }
        }
        Ok(())
    }

    /// The files in the folder itself.
    pub(super) fn top_files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|path| !path.contains('/'))
    }

    /// The folders in the folder itself.
    pub(super) fn top_folders(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().map(String::as_str).filter(|path| !path.contains('/'))
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(super) fn bytes(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        match self.files.get(path) {
            Some(Source::Path(path)) => Ok(Cow::Owned(fs::read(path)?)),
            Some(Source::Bytes(bytes)) => Ok(bytes.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// How long a file is.
    pub(super) fn length(&self, path: &str) -> io::Result<u64> {
        match self.files.get(path) {
            Some(Source::Path(path)) => Ok(fs::metadata(path)?.len()),
            Some(Source::Bytes(bytes)) => Ok(bytes.len() as u64),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn is_left_over(name: &str) -> bool {
    LEFTOVERS.iter().any(|end| name.ends_with(end))
}
