use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use http::request::Parts;
use tenantry::{Alphabet, TenantId};
use tenantry_web::{ApiError, Jwt, JwtAlgorithm, JwtKeyError, JwtKeys, ReadId};

/// How long a key that was taken out of its file may still count.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Where keys are read from.
pub(super) enum KeyFile {
    Pem(JwtAlgorithm, PathBuf),
    Set(PathBuf),
}

/// Keys out of files, and secrets.
pub(super) struct KeySources {
    pub(super) fixed: JwtKeys,
    pub(super) files: Vec<KeyFile>,
}

/// A file whose keys cannot be had.
pub(super) struct BadKeyFile {
    pub(super) path: PathBuf,
    pub(super) reason: String,
}

/// Tokens by keys in files, read again within a second of a change to one: keys are rotated by
/// writing the file. A file that is not good is logged, and the keys of before count on.
pub(super) struct JwtByFiles {
    jwt: Jwt,
    sources: KeySources,
    seen: Mutex<Seen>,
}

struct Seen {
    looked: Instant,
    files: Vec<Option<(SystemTime, u64)>>,
}

impl KeySources {
    pub(super) fn read(&self) -> Result<JwtKeys, BadKeyFile> {
        self.files.iter().try_fold(self.fixed.clone(), |keys, file| Ok(keys.and(file.read()?)))
    }

    fn state(&self) -> Vec<Option<(SystemTime, u64)>> {
        let state = |file: &KeyFile| {
            let metadata = fs::metadata(file.path()).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        self.files.iter().map(state).collect()
    }
}

impl KeyFile {
    fn path(&self) -> &PathBuf {
        match self {
            Self::Pem(_, path) | Self::Set(path) => path,
        }
    }

    fn read(&self) -> Result<JwtKeys, BadKeyFile> {
        let bad = |reason: String| BadKeyFile { path: self.path().clone(), reason };
        let text = fs::read_to_string(self.path()).map_err(|error| bad(error.to_string()))?;
        let keys = match self {
            Self::Pem(algorithm, _) => JwtKeys::pem(*algorithm, &text),
            Self::Set(_) => JwtKeys::jwks(&text),
        };
        keys.map_err(|error: JwtKeyError| bad(error.to_string()))
    }
}

impl JwtByFiles {
    /// `begin` makes the strategy of the keys there are now.
    pub(super) fn new(
        sources: KeySources,
        begin: impl FnOnce(JwtKeys) -> Jwt,
    ) -> Result<Self, BadKeyFile> {
        // The state before the contents: a change between the two is read once more.
        let seen = Seen { looked: Instant::now(), files: sources.state() };
        let jwt = begin(sources.read()?);
        Ok(Self { jwt, sources, seen: Mutex::new(seen) })
    }

    fn refresh(&self) {
        if self.sources.files.is_empty() {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.looked.elapsed() < LOOK_AGAIN {
            return;
        }
        seen.looked = Instant::now();
        let files = self.sources.state();
        if files == seen.files {
            return;
        }
        match self.sources.read() {
            Ok(keys) => {
                tracing::info!(?keys, "the keys of tokens have changed");
                self.jwt.set_keys(keys);
                seen.files = files;
            }
            Err(BadKeyFile { path, reason }) => {
                let path = path.display();
                tracing::error!(%path, reason, "no keys of tokens: those of before count on");
            }
        }
    }
}

impl ReadId for JwtByFiles {
    fn read_id(&self, parts: &mut Parts, alphabet: Alphabet) -> Result<Option<TenantId>, ApiError> {
        self.refresh();
        self.jwt.read_id(parts, alphabet)
    }
}
