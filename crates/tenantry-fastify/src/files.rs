//! Files of a tenant's `public/` folder, for the core plugin `static`.
//!
//! JavaScript names a path and hands over the conditions of the request; what HTTP makes of them (304, 206, 416) is decided
//! here. Nothing outside of the folder is ever read: no `..`, no dot files, no symbolic link that leads out.

mod conditions;
mod media_type;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tenantry_js::{Data, HostError};

use conditions::{Conditions, Wanted};

/// A folder whose files may be read, and how much of one at once.
#[derive(Clone, Debug)]
pub(crate) struct PublicFolder {
    root: PathBuf,
    limit: u64,
}

impl PublicFolder {
    /// `limit` is in bytes.
    pub(crate) fn new(root: PathBuf, limit: usize) -> Self {
        Self { root, limit: limit as u64 }
    }

    /// `files.read(path, conditions)`: null where there is no such file, else `{ status, headers, body }`.
    ///
    /// # Errors
    ///
    /// `FILE_TOO_LARGE` for what is larger than an answer may be, `FILE_UNREADABLE` for what cannot be read.
    pub(crate) async fn read(self, path: String, conditions: Data) -> Result<Data, HostError> {
        let work = move || self.read_now(&path, &conditions);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| HostError::new("FILE_UNREADABLE", error.to_string()))?
    }

    fn read_now(&self, path: &str, conditions: &Data) -> Result<Data, HostError> {
        let Some(file) = self.locate(path) else { return Ok(Data::Null) };
        let unreadable = |error: std::io::Error| {
            HostError::new(
                "FILE_UNREADABLE",
                format!("public/{path} cannot be read: {}", error.kind()),
            )
        };
        let facts = std::fs::metadata(&file).map_err(unreadable)?;
        let length = facts.len();
        let modified = facts.modified().unwrap_or(UNIX_EPOCH);
        let tag = tag(length, modified);
        let mut headers = vec![
            ("etag".to_owned(), Data::from(tag.as_str())),
            ("last-modified".to_owned(), Data::Text(http_date(modified))),
        ];
        let wanted = Conditions::of(conditions).wanted(&tag, modified, length);
        if wanted == Wanted::Nothing {
            return Ok(answer(304, headers, Bytes::new()));
        }
        headers.push(("accept-ranges".to_owned(), Data::from("bytes")));
        if wanted == Wanted::Unsatisfiable {
            headers.push(("content-range".to_owned(), Data::Text(format!("bytes */{length}"))));
            return Ok(answer(416, headers, Bytes::new()));
        }
        headers.push(("content-type".to_owned(), Data::from(media_type::of(&file))));
        headers.push(("x-content-type-options".to_owned(), Data::from("nosniff")));
        let (status, from, count) = match wanted {
            Wanted::Range(from, to) => {
                let range = format!("bytes {from}-{to}/{length}");
                headers.push(("content-range".to_owned(), Data::Text(range)));
                (206, from, to - from + 1)
            }
            _ => (200, 0, length),
        };
        if count > self.limit {
            let message = format!(
                "public/{path}: {count} bytes are more than an answer may have, {}",
                self.limit
            );
            return Err(HostError::new("FILE_TOO_LARGE", message).with_status(500));
        }
        let body = read_part(&file, from, count).map_err(unreadable)?;
        Ok(answer(status, headers, body))
    }

    /// The regular file of a path; nothing for what is none, or must not be read.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let is_plain = |part: &str| {
            !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', ':'])
        };
        if path.len() > 1024 || !path.split('/').all(is_plain) {
            return None;
        }
        let root = self.root.canonicalize().ok()?;
        let file = root.join(path).canonicalize().ok()?;
        // A link may lead elsewhere inside of the folder, but not to what has no other way in.
        let inside = file.strip_prefix(&root).ok()?;
        let hidden = inside.iter().any(|part| part.to_string_lossy().starts_with('.'));
        (!hidden && file.is_file()).then_some(file)
    }
}

fn answer(status: u16, headers: Vec<(String, Data)>, body: Bytes) -> Data {
    Data::Map(vec![
        ("status".to_owned(), Data::Number(f64::from(status))),
        ("headers".to_owned(), Data::Map(headers)),
        ("body".to_owned(), Data::Bytes(body)),
    ])
}

fn read_part(file: &Path, from: u64, count: u64) -> std::io::Result<Bytes> {
    use std::io::{Read, Seek, SeekFrom};

    let mut file = std::fs::File::open(file)?;
    file.seek(SeekFrom::Start(from))?;
    let mut body = Vec::new();
    file.take(count).read_to_end(&mut body)?;
    Ok(body.into())
}

/// A tag that changes with the file's length and time.
fn tag(length: u64, modified: SystemTime) -> String {
    let millis = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    format!("W/\"{length:x}-{millis:x}\"")
}

fn http_date(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
