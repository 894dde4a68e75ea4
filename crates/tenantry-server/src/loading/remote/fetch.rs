use std::{collections::BTreeMap, path::PathBuf};

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use object_store::{
    Error as StoreError, GetOptions, GetResult, ObjectMeta, ObjectStore, path::Path,
};
use sha2::{Digest, Sha256};

use super::Remote;
use crate::loading::{LoadingError, blocking, digest::hex, inside};

/// How many objects of a prefix come at once.
const AT_ONCE: usize = 8;

/// An archive as it came.
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: Option<String>,
}

/// The objects of a prefix.
pub(super) struct Prefix {
    /// By their paths below the prefix.
    objects: BTreeMap<PathBuf, ObjectMeta>,
    /// What tells whether any of them has changed.
    pub(super) state: String,
}

impl Remote {
    /// An archive; none if it still has that ETag.
    pub(super) async fn archive(
        &self,
        key: &str,
        path: &Path,
        etag: Option<&str>,
    ) -> Result<Option<Fetched>, LoadingError> {
        let options =
            GetOptions { if_none_match: etag.map(str::to_owned), ..GetOptions::default() };
        let answer = match self.store.get_opts(path, options).await {
            Ok(answer) => answer,
            Err(StoreError::NotModified { .. }) => return Ok(None),
            Err(error) => return Err(self.refused(key, error)),
        };
        let etag = answer.meta.e_tag.clone();
        let bytes = self.body(key, answer, self.limits.packed, "bytes packed").await?;
        Ok(Some(Fetched { bytes, etag }))
    }

    /// What is below a prefix; none if nothing of it has changed since `state`.
    pub(super) async fn listing(
        &self,
        key: &str,
        path: &Path,
        state: Option<&str>,
    ) -> Result<Option<Prefix>, LoadingError> {
        let mut objects = BTreeMap::new();
        let mut bytes = 0_u64;
        let mut listing = self.store.list(Some(path));
        while let Some(object) =
            listing.try_next().await.map_err(|error| self.refused(key, error))?
        {
            let Some(below) = object.location.prefix_match(path) else { continue };
            let below = below.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
            let refuse = |reason: String| LoadingError::Archive {
                key: key.to_owned(),
                reason: format!("{}: {reason}", below.escape_debug()),
            };
            let inside = inside::read(&below).map_err(refuse)?;
            if inside.as_os_str().is_empty() {
                continue;
            }
            bytes = bytes.saturating_add(object.size);
            objects.insert(inside, object);
            self.within(key, bytes, self.limits.unpacked, "bytes")?;
            self.within(key, objects.len() as u64, self.limits.files, "files")?;
        }
        if objects.is_empty() {
            let (key, place) = (key.to_owned(), self.place.clone());
            return Err(LoadingError::NotFound { key, place });
        }
        let mut hasher = Sha256::new();
        for (inside, object) in &objects {
            let changed = object.last_modified.timestamp_nanos_opt();
            let etag = object.e_tag.as_deref().unwrap_or_default();
            hasher.update(format!("{inside:?} {} {changed:?} {etag:?}\n", object.size));
        }
        let now = hex(&hasher.finalize());
        Ok((state != Some(&*now)).then_some(Prefix { objects, state: now }))
    }

    /// Writes the objects of a prefix into a folder, and gives the digest of all: that of the lines
    /// `DIGEST  PATH` that `sha256sum` writes, in the paths' order.
    pub(super) async fn objects(
        &self,
        key: &str,
        prefix: &Prefix,
        into: &std::path::Path,
    ) -> Result<[u8; 32], LoadingError> {
        let downloads: Vec<_> = prefix
            .objects
            .iter()
            .map(|(inside, object)| self.object(key, object, into.join(inside)).boxed())
            .collect();
        let digests: Vec<_> = stream::iter(downloads).buffered(AT_ONCE).try_collect().await?;
        let mut hasher = Sha256::new();
        for (digest, inside) in digests.iter().zip(prefix.objects.keys()) {
            hasher.update(format!("{digest}  {}\n", inside::name(inside)));
        }
        Ok(hasher.finalize().into())
    }

    async fn object(
        &self,
        key: &str,
        object: &ObjectMeta,
        target: PathBuf,
    ) -> Result<String, LoadingError> {
        // What is written meanwhile would make a folder that never was.
        let options = GetOptions { if_match: object.e_tag.clone(), ..GetOptions::default() };
        let answer = self.store.get_opts(&object.location, options).await;
        let answer = answer.map_err(|error| self.refused(key, error))?;
        let bytes = self.body(key, answer, object.size, "bytes, as it is listed with").await?;
        blocking(move || {
            let disk = |cause| LoadingError::disk(&target, cause);
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder).map_err(disk)?;
            }
            std::fs::write(&target, &bytes).map_err(disk)?;
            Ok(hex(&Sha256::digest(&bytes)))
        })
        .await
    }

    async fn body(
        &self,
        key: &str,
        answer: GetResult,
        limit: u64,
        unit: &'static str,
    ) -> Result<Vec<u8>, LoadingError> {
        self.within(key, answer.meta.size, limit, unit)?;
        let mut bytes = Vec::new();
        let mut stream = answer.into_stream();
        while let Some(chunk) = stream.try_next().await.map_err(|error| self.refused(key, error))? {
            self.within(key, (bytes.len() + chunk.len()) as u64, limit, unit)?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn within(
        &self,
        key: &str,
        amount: u64,
        limit: u64,
        unit: &'static str,
    ) -> Result<(), LoadingError> {
        match amount > limit {
            true => Err(LoadingError::TooLarge { key: key.to_owned(), limit, unit }),
            false => Ok(()),
        }
    }

    /// What a store says, in our words.
    pub(super) fn refused(&self, key: &str, error: StoreError) -> LoadingError {
        let (key, place) = (key.to_owned(), self.place.clone());
        match error {
            StoreError::NotFound { .. } => LoadingError::NotFound { key, place },
            error @ (StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. }) => {
                LoadingError::Denied { key, place, cause: Box::new(error) }
            }
            StoreError::Precondition { .. } => {
                let cause = "it was changed while it was read".into();
                LoadingError::Unavailable { key, place, cause }
            }
            error => LoadingError::Unavailable { key, place, cause: Box::new(error) },
        }
    }
}
