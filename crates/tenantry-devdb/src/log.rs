//! PostgreSQL's own log: where a failed start tells its reason.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use crate::error::{DevDbError, Result};
use crate::home::Home;

/// A log longer than this is put aside when a server starts, over the one before it.
const LONG: u64 = 8 << 20;

/// How much of the log an error tells.
const TOLD_LINES: usize = 20;
const TOLD_BYTES: u64 = 16 << 10;

/// The log, for one run of the server to be appended.
#[derive(Debug)]
pub(crate) struct Log {
    begin: u64,
}

impl Log {
    /// Opens the log for a run that begins now.
    pub(crate) fn open(home: &Home) -> Result<(Self, File)> {
        let path = home.log();
        let length = fs::metadata(&path).map_or(0, |it| it.len());
        if length > LONG {
            fs::rename(&path, path.with_extension("log.old"))
                .map_err(DevDbError::io("rename", &path))?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(DevDbError::io("open", &path))?;
        let begin = file.metadata().map_or(0, |it| it.len());
        Ok((Self { begin }, file))
    }

    /// The last lines of this run.
    pub(crate) fn tail(&self, home: &Home) -> String {
        let text = read_end(home, self.begin).unwrap_or_else(|error| error.to_string());
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(TOLD_LINES)..].join("\n")
    }
}

/// The last lines of the log, of whatever run.
pub(crate) fn tail(home: &Home) -> String {
    Log { begin: 0 }.tail(home)
}

fn read_end(home: &Home, begin: u64) -> std::io::Result<String> {
    let mut file = File::open(home.log())?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(begin.max(length.saturating_sub(TOLD_BYTES))))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether PostgreSQL or one of its programs says that the disk is full.
pub(crate) fn tells_of_full_disk(text: &str) -> bool {
    let signs = ["No space left on device", "Check free disk space", "Disk quota exceeded"];
    signs.iter().any(|it| text.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_by_what_postgresql_says() {
        let short_write = "FATAL:  could not extend file \"base/1/2691\": wrote only 4096 of 8192 \
            bytes at block 20\nHINT:  Check free disk space.";
        assert!(tells_of_full_disk(short_write));
        assert!(tells_of_full_disk("could not write to file: No space left on device"));
        assert!(!tells_of_full_disk("FATAL:  invalid value for parameter"));
    }
}
