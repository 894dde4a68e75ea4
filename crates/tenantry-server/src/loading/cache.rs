//! What was loaded from elsewhere, on the disk.

use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{LoadingError, digest::hex};

/// A folder of what was loaded from elsewhere, by its content's sha256. A cheap handle.
///
/// An entry is put in its place whole, by one rename, or not at all. Entries that nobody uses are
/// removed, least recently used first, when all are more than the bound.
///
/// One process has a cache to itself.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    max_bytes: u64,
    /// By digest, those in use.
    used: Mutex<HashMap<String, Weak<Entry>>>,
    _lock: File,
}

/// An entry, and its right to stay.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) digest: String,
    pub(super) folder: PathBuf,
}

/// What is remembered of a key: what came last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) etag: Option<String>,
    pub(super) digest: String,
}

/// What tells a whole entry from one that a power cut left half.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Extent {
    files: u64,
    bytes: u64,
}

impl Cache {
    /// A cache in that folder, which is made if it is not there. `max_bytes` bounds what is kept
    /// and not in use, counted unpacked.
    ///
    /// # Errors
    ///
    /// [`LoadingError::Disk`], also where another process has it.
    pub fn open(folder: impl Into<PathBuf>, max_bytes: u64) -> Result<Self, LoadingError> {
        let folder = folder.into();
        for part in ["", "content", "last", "new"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).map_err(|cause| LoadingError::disk(&part, cause))?;
        }
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|cause| LoadingError::disk(&path, cause))?;
        lock.try_lock().map_err(|error| {
            let cause = match error {
                TryLockError::Error(cause) => cause,
                TryLockError::WouldBlock => io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another process uses this cache: give each a folder of its own",
                ),
            };
            LoadingError::disk(&folder, cause)
        })?;
        // What a process that was killed had begun.
        let new = folder.join("new");
        fs::remove_dir_all(&new)
            .and_then(|()| fs::create_dir(&new))
            .map_err(|cause| LoadingError::disk(&new, cause))?;
        Ok(Self(Arc::new(Inner { folder, max_bytes, used: Mutex::default(), _lock: lock })))
    }

    /// An empty folder to fill, removed again unless it is put in.
    pub(super) fn begin(&self) -> Result<TempDir, LoadingError> {
        let new = self.0.folder.join("new");
        TempDir::new_in(&new).map_err(|cause| LoadingError::disk(&new, cause))
    }

    /// Puts a filled folder in its place.
    pub(super) fn put(&self, digest: &str, filled: TempDir) -> Result<Arc<Entry>, LoadingError> {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (folder, extent_file) = self.paths(digest);
        if let Some(entry) = self.find(&mut used, digest)? {
            return Ok(entry);
        }
        let disk = |cause| LoadingError::disk(&folder, cause);
        let extent = Extent::of(filled.path()).map_err(disk)?;
        let text = serde_json::to_vec(&extent).map_err(|error| disk(error.into()))?;
        fs::write(&extent_file, text).map_err(disk)?;
        fs::rename(filled.path(), &folder).map_err(disk)?;
        // It is no longer where it would be removed.
        let _ = filled.keep();
        let entry = Self::hold(&mut used, digest, folder);
        self.sweep(&mut used, digest);
        Ok(entry)
    }

    /// An entry by its digest.
    pub(super) fn get(&self, digest: &str) -> Result<Option<Arc<Entry>>, LoadingError> {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.find(&mut used, digest)
    }

    /// What came for a place and key last time.
    pub(super) fn last(&self, place_and_key: &str) -> Option<Last> {
        let text = fs::read(self.last_file(place_and_key)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Remembers what came.
    pub(super) fn remember(&self, place_and_key: &str, last: &Last) -> Result<(), LoadingError> {
        let path = self.last_file(place_and_key);
        let disk = |cause| LoadingError::disk(&path, cause);
        let text = serde_json::to_vec(last).map_err(|error| disk(error.into()))?;
        let mut file = tempfile::NamedTempFile::new_in(self.0.folder.join("new")).map_err(disk)?;
        io::Write::write_all(&mut file, &text).map_err(disk)?;
        file.persist(&path).map_err(|error| disk(error.error))?;
        Ok(())
    }

    fn last_file(&self, place_and_key: &str) -> PathBuf {
        self.0.folder.join("last").join(hex(&Sha256::digest(place_and_key)))
    }

    fn paths(&self, digest: &str) -> (PathBuf, PathBuf) {
        let content = self.0.folder.join("content");
        (content.join(digest), content.join(format!("{digest}.json")))
    }

    fn find(
        &self,
        used: &mut HashMap<String, Weak<Entry>>,
        digest: &str,
    ) -> Result<Option<Arc<Entry>>, LoadingError> {
        if let Some(entry) = used.get(digest).and_then(Weak::upgrade) {
            return Ok(Some(entry));
        }
        let (folder, extent_file) = self.paths(digest);
        let expected = fs::read(&extent_file).ok();
        let expected = expected.and_then(|text| serde_json::from_slice::<Extent>(&text).ok());
        if expected.is_some() && Extent::of(&folder).ok() == expected {
            // When it was last used, for the sweep: a cache that cannot be written still serves.
            let _ = File::open(&extent_file).and_then(|file| file.set_modified(SystemTime::now()));
            return Ok(Some(Self::hold(used, digest, folder)));
        }
        remove(&folder, &extent_file).map_err(|cause| LoadingError::disk(&folder, cause))?;
        Ok(None)
    }

    fn hold(used: &mut HashMap<String, Weak<Entry>>, digest: &str, folder: PathBuf) -> Arc<Entry> {
        let entry = Arc::new(Entry { digest: digest.to_owned(), folder });
        used.insert(digest.to_owned(), Arc::downgrade(&entry));
        entry
    }

    /// Removes what nobody uses until the rest is within the bound. What cannot be removed is told
    /// and stays.
    fn sweep(&self, used: &mut HashMap<String, Weak<Entry>>, newest: &str) {
        used.retain(|_, entry| entry.strong_count() > 0);
        let content = self.0.folder.join("content");
        let mut unused = Vec::new();
        let mut total = 0_u64;
        for entry in fs::read_dir(&content).into_iter().flatten().flatten() {
            let path = entry.path();
            let Some(digest) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let extent = fs::read(&path).ok();
            let extent = extent.and_then(|text| serde_json::from_slice::<Extent>(&text).ok());
            let bytes = extent.map_or(0, |extent| extent.bytes);
            total = total.saturating_add(bytes);
            if !used.contains_key(digest) && digest != newest {
                let last_used = entry.metadata().and_then(|metadata| metadata.modified()).ok();
                unused.push((last_used, digest.to_owned(), bytes));
            }
        }
        unused.sort_unstable();
        for (_, digest, bytes) in unused {
            if total <= self.0.max_bytes {
                return;
            }
            let (folder, extent_file) = self.paths(&digest);
            match remove(&folder, &extent_file) {
                Ok(()) => total = total.saturating_sub(bytes),
                Err(error) => {
                    let folder = folder.display();
                    tracing::warn!(%folder, %error, "an entry of the cache cannot be removed");
                }
            }
        }
    }
}

/// The file that says an entry is whole goes first.
fn remove(folder: &Path, extent_file: &Path) -> io::Result<()> {
    let absent_is_fine = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    absent_is_fine(fs::remove_file(extent_file))?;
    absent_is_fine(fs::remove_dir_all(folder))
}

impl Extent {
    fn of(folder: &Path) -> io::Result<Self> {
        let mut extent = Self { files: 0, bytes: 0 };
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                if metadata.is_dir() {
                    folders.push(entry.path());
                } else {
                    extent.files += 1;
                    extent.bytes += metadata.len();
                }
            }
        }
        Ok(extent)
    }
}
