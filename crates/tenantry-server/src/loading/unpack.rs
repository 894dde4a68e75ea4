//! Archives of others, unpacked with suspicion.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::{ArchiveLimits, LoadingError, inside};

/// Folders that a tenant's own structure begins with: an archive with one of them alone in it is
/// not one with a folder around everything.
const STRUCTURE: [&str; 5] = ["plugins", "routes", "schemas", "services", "src"];

/// What headers and padding may take beside the files themselves, for each file.
const OVERHEAD: u64 = 4096;

/// Unpacks a `.tar.gz` into an empty folder, and gives the number of bytes of its files.
///
/// Only files and folders are unpacked, each once, each below the folder, readable by all and with
/// no other mode the archive may ask for. A folder around everything, as `npm pack` makes one, is
/// taken off.
pub(super) fn unpack(
    key: &str,
    packed: impl Read,
    into: &Path,
    limits: ArchiveLimits,
) -> Result<(), LoadingError> {
    let budget = limits.unpacked.saturating_add(limits.files.saturating_mul(OVERHEAD));
    let reader = Bounded { inner: MultiGzDecoder::new(packed), left: budget };
    let mut unpacking = Unpacking { key, into, limits, bytes: 0, entries: 0 };
    let mut archive = Archive::new(reader);
    let entries = archive.entries().map_err(|error| unpacking.broken(error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unpacking.broken(error))?;
        unpacking.entry(entry)?;
    }
    // What follows is read too: the checksum is at the very end.
    io::copy(&mut archive.into_inner(), &mut io::sink())
        .map_err(|error| unpacking.broken(error))?;
    if unpacking.entries == 0 {
        return Err(unpacking.refuse("it is empty"));
    }
    take_off_folder(into)
}

struct Unpacking<'a> {
    key: &'a str,
    into: &'a Path,
    limits: ArchiveLimits,
    bytes: u64,
    entries: u64,
}

impl Unpacking<'_> {
    fn entry(&mut self, mut entry: Entry<'_, impl Read>) -> Result<(), LoadingError> {
        let kind = entry.header().entry_type();
        // A comment to the whole archive, as git writes one.
        if kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        let bytes = entry.path_bytes().into_owned();
        let shown = String::from_utf8_lossy(&bytes).escape_debug().to_string();
        let refuse = |reason: &str| self.refuse(format!("{shown}: {reason}"));
        let path = std::str::from_utf8(&bytes).map_err(|_| refuse("its name is not UTF-8"))?;
        let path = inside::read(path).map_err(|reason| refuse(&reason))?;
        let target = self.into.join(&path);
        match kind {
            EntryType::Directory => {
                self.count()?;
                fs::create_dir_all(&target).map_err(|error| self.cannot_make(&shown, error))
            }
            EntryType::Regular | EntryType::Continuous => {
                if path.as_os_str().is_empty() {
                    return Err(refuse("it has no name"));
                }
                self.count()?;
                self.bytes = self.bytes.saturating_add(entry.size());
                if self.bytes > self.limits.unpacked {
                    return Err(self.too_large(self.limits.unpacked, "bytes unpacked"));
                }
                self.file(&mut entry, &target, &shown)
            }
            EntryType::Symlink | EntryType::Link => Err(refuse("it is a link")),
            EntryType::Block | EntryType::Char => Err(refuse("it is a device")),
            EntryType::Fifo => Err(refuse("it is a pipe")),
            _ => Err(refuse("it is neither a file nor a folder")),
        }
    }

    fn count(&mut self) -> Result<(), LoadingError> {
        self.entries += 1;
        if self.entries > self.limits.files {
            return Err(self.too_large(self.limits.files, "files and folders"));
        }
        Ok(())
    }

    fn file(
        &self,
        entry: &mut Entry<'_, impl Read>,
        target: &Path,
        shown: &str,
    ) -> Result<(), LoadingError> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|error| self.cannot_make(shown, error))?;
        }
        // Never over something that is there.
        let mut file = File::create_new(target).map_err(|error| self.cannot_make(shown, error))?;
        let size = entry.size();
        let mut buffer = [0; 16 << 10];
        let mut written = 0;
        loop {
            let read = entry.read(&mut buffer).map_err(|error| self.broken(error))?;
            if read == 0 {
                break;
            }
            written += read as u64;
            io::Write::write_all(&mut file, &buffer[..read])
                .map_err(|cause| LoadingError::disk(target, cause))?;
        }
        match written == size {
            true => Ok(()),
            false => Err(self.refuse(format!("{shown}: it is cut off"))),
        }
    }

    /// A file in the place of a folder, or a second one of the name, is the archive's fault.
    fn cannot_make(&self, shown: &str, error: io::Error) -> LoadingError {
        match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                self.refuse(format!("{shown}: it is there twice"))
            }
            _ => LoadingError::disk(&self.into.join(shown), error),
        }
    }

    fn broken(&self, error: io::Error) -> LoadingError {
        match error.kind() {
            io::ErrorKind::QuotaExceeded => self.too_large(self.limits.unpacked, "bytes unpacked"),
            io::ErrorKind::UnexpectedEof => self.refuse("it is cut off"),
            _ => self.refuse(format!("it is no .tar.gz, or damaged: {error}")),
        }
    }

    fn refuse(&self, reason: impl Into<String>) -> LoadingError {
        LoadingError::Archive { key: self.key.to_owned(), reason: reason.into() }
    }

    fn too_large(&self, limit: u64, unit: &'static str) -> LoadingError {
        LoadingError::TooLarge { key: self.key.to_owned(), limit, unit }
    }
}

/// Moves everything one folder up if a single folder is around it.
fn take_off_folder(root: &Path) -> Result<(), LoadingError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |cause| LoadingError::disk(&path, cause)
    };
    let names = |folder: &Path| -> Result<BTreeSet<PathBuf>, LoadingError> {
        let entries = fs::read_dir(folder).map_err(disk(folder))?;
        entries.map(|entry| Ok(entry.map_err(disk(folder))?.file_name().into())).collect()
    };
    let top = names(root)?;
    let [only] = top.iter().collect::<Vec<_>>()[..] else { return Ok(()) };
    let folder = root.join(only);
    if !folder.is_dir() || STRUCTURE.iter().any(|name| only == Path::new(name)) {
        return Ok(());
    }
    // Under a name that nothing in it can have.
    let aside = root.join("\n");
    fs::rename(&folder, &aside).map_err(disk(&folder))?;
    for name in names(&aside)? {
        fs::rename(aside.join(&name), root.join(&name)).map_err(disk(&aside))?;
    }
    fs::remove_dir(&aside).map_err(disk(&aside))
}

/// A reader that gives so much and no more: names of files are read into memory by the archive's
/// own word of how long they are.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::from(io::ErrorKind::QuotaExceeded))?;
        Ok(read)
    }
}
