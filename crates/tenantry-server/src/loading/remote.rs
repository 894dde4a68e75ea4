//! Archives and prefixes in object stores and behind HTTP.

mod fetch;
mod open;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use object_store::{DynObjectStore, ObjectStore, path::Path};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use self::fetch::{Fetched, Prefix};
use super::{
    ArchiveLimits, Cache, LoadOptions, Loaded, LoadingError, LoadingStrategy, Revision, blocking,
    cache::{Entry, Last},
    digest::hex,
    inside,
    pin::Pin,
    unpack::unpack,
};

/// How many loads run at once: each has an archive in memory.
const LOADS: usize = 4;

/// Archives and prefixes in S3, Google Cloud Storage, Azure or behind HTTP.
///
/// A key that ends in `.tar.gz` or `.tgz` is an archive; one that ends in `/` is a prefix, whose
/// objects are the files (not behind HTTP, which has no listings). The option `sha256` pins an archive: anything
/// else is refused, and what is in the cache is used without asking. An unpinned one is asked for
/// by its ETag each time, and comes again only if it has changed. What a prefix holds is pinned by
/// the digest that [`Loaded::revision`] tells.
///
/// Where the store cannot be reached, every load gets what came last time, with a warning in the
/// log; it is an error only where nothing has come yet, or it is no longer in the cache.
///
/// ```no_run
/// use tenantry_server::loading::{Cache, Remote, Source, Strategies};
///
/// # async fn example(strategies: Strategies) -> Result<(), tenantry_server::loading::LoadingError> {
/// let cache = Cache::open("/var/cache/tenantry", 2 << 30)?;
/// // Credentials and region from the environment, as AWS's own tools take them.
/// let bucket = Remote::open("s3://my-company/plugins", [("region", "eu-central-1")], &cache)?;
/// strategies.add("s3", bucket)?;
///
/// let billing = Source::new("s3", "billing-1.4.0.tgz")
///     .with("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
/// let billing = strategies.load(&billing).await?;
/// # Ok(())
/// # }
/// ```
pub struct Remote {
    store: Arc<DynObjectStore>,
    /// What messages call it; the URL, which holds no secret.
    place: String,
    prefix: Path,
    has_listings: bool,
    cache: Cache,
    limits: ArchiveLimits,
    timeout: Duration,
    loads: Semaphore,
}

impl Remote {
    /// Opens `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix` (and their other
    /// spellings), `https://host/path` or `http://host/path`.
    ///
    /// `options` are those of the `object_store` crate, by name, such as `region`, `endpoint`,
    /// `access_key_id` and `allow_http`; they count before the environment's (`AWS_REGION`, …).
    /// Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`LoadingError::InvalidKey`] for a URL of another kind, [`LoadingError::InvalidOption`].
    pub fn open<K: AsRef<str>, V: Into<String>>(
        url: &str,
        options: impl IntoIterator<Item = (K, V)>,
        cache: &Cache,
    ) -> Result<Self, LoadingError> {
        let options = options.into_iter().map(|(key, value)| (key, value.into()));
        let opened = open::open(url, options)?;
        Ok(Self {
            store: opened.store,
            place: url.trim_end_matches('/').to_owned(),
            prefix: opened.prefix,
            has_listings: opened.has_listings,
            cache: cache.clone(),
            limits: ArchiveLimits::default(),
            timeout: Duration::from_secs(30),
            loads: Semaphore::new(LOADS),
        })
    }

    /// How long one load may take: 30 seconds if this is not said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How much may come.
    #[must_use]
    pub fn limits(mut self, limits: ArchiveLimits) -> Self {
        self.limits = limits;
        self
    }

    async fn load_key(&self, key: &str, options: &LoadOptions) -> Result<Loaded, LoadingError> {
        options.only(key, &["sha256"])?;
        let pin = options.text("sha256").map(|text| Pin::parse(key, text)).transpose()?;
        let kind = self.kind(key)?;
        if let Some(pin) = pin
            && let Some(entry) = self.cached(pin.to_string()).await?
        {
            return Ok(loaded(key, entry));
        }
        let name = format!("{}/{key}", self.place);
        let last = self.cache.last(&name).filter(|_| pin.is_none());
        let before = match &last {
            Some(last) => self.cached(last.digest.clone()).await?,
            None => None,
        };
        let known = last.filter(|_| before.is_some());
        match self.fetch(key, kind, known.as_ref(), pin).await {
            Ok(Some((entry, etag))) => {
                let last = Last { etag, digest: entry.digest.clone() };
                let cache = self.cache.clone();
                blocking(move || cache.remember(&name, &last)).await?;
                Ok(loaded(key, entry))
            }
            Ok(None) => {
                let entry = before.ok_or_else(|| LoadingError::NotFound {
                    key: key.to_owned(),
                    place: self.place.clone(),
                })?;
                Ok(loaded(key, entry))
            }
            Err(error @ (LoadingError::Unavailable { .. } | LoadingError::Timeout { .. })) => {
                let Some(entry) = before else { return Err(error) };
                tracing::warn!(key, %error, "what came last time is used");
                Ok(loaded(key, entry))
            }
            Err(error) => Err(error),
        }
    }

    /// What comes now; none if it is what came last.
    async fn fetch(
        &self,
        key: &str,
        kind: Kind,
        last: Option<&Last>,
        pin: Option<Pin>,
    ) -> Result<Option<(Arc<Entry>, Option<String>)>, LoadingError> {
        let within = async {
            let _permit = self.loads.acquire().await.expect("it is never closed");
            let etag = last.and_then(|last| last.etag.as_deref());
            match kind {
                Kind::Archive(path) => {
                    let Some(fetched) = self.archive(key, &path, etag).await? else {
                        return Ok(None);
                    };
                    self.unpacked(key, fetched, pin).await.map(Some)
                }
                Kind::Prefix(path) => {
                    let Some(prefix) = self.listing(key, &path, etag).await? else {
                        return Ok(None);
                    };
                    self.downloaded(key, prefix, pin).await.map(Some)
                }
            }
        };
        match tokio::time::timeout(self.timeout, within).await {
            Ok(result) => result,
            Err(_) => Err(LoadingError::Timeout {
                key: key.to_owned(),
                place: self.place.clone(),
                limit: self.timeout,
            }),
        }
    }

    /// Checks and unpacks an archive, and puts it into the cache.
    async fn unpacked(
        &self,
        key: &str,
        fetched: Fetched,
        pin: Option<Pin>,
    ) -> Result<(Arc<Entry>, Option<String>), LoadingError> {
        let (cache, limits, key) = (self.cache.clone(), self.limits, key.to_owned());
        blocking(move || {
            let digest = Sha256::digest(&fetched.bytes);
            if let Some(pin) = pin {
                pin.check(&key, &digest)?;
            }
            let digest = hex(&digest);
            if let Some(entry) = cache.get(&digest)? {
                return Ok((entry, fetched.etag));
            }
            let folder = cache.begin()?;
            unpack(&key, &*fetched.bytes, folder.path(), limits)?;
            Ok((cache.put(&digest, folder)?, fetched.etag))
        })
        .await
    }

    /// Downloads the objects of a prefix, and puts them into the cache.
    async fn downloaded(
        &self,
        key: &str,
        prefix: Prefix,
        pin: Option<Pin>,
    ) -> Result<(Arc<Entry>, Option<String>), LoadingError> {
        let cache = self.cache.clone();
        let folder = blocking(move || cache.begin()).await?;
        let digest = self.objects(key, &prefix, folder.path()).await?;
        if let Some(pin) = pin {
            pin.check(key, &digest)?;
        }
        let cache = self.cache.clone();
        let entry = blocking(move || cache.put(&hex(&digest), folder)).await?;
        Ok((entry, Some(prefix.state)))
    }

    async fn cached(&self, digest: String) -> Result<Option<Arc<Entry>>, LoadingError> {
        let cache = self.cache.clone();
        blocking(move || cache.get(&digest)).await
    }

    fn kind(&self, key: &str) -> Result<Kind, LoadingError> {
        let invalid = |reason: String| LoadingError::invalid_key(key, reason);
        let name = key.strip_suffix('/').unwrap_or(key);
        let inside = inside::read(name).map_err(invalid)?;
        if name.is_empty() || inside::name(&inside) != name {
            return Err(invalid("it is no plain path, such as a/b.tgz".to_owned()));
        }
        let path = self.prefix.parts().chain(Path::from(name).parts()).collect();
        match name != key {
            true if self.has_listings => Ok(Kind::Prefix(path)),
            true => Err(invalid("HTTP has no listings: a key has to be an archive".to_owned())),
            false if name.ends_with(".tar.gz") || name.ends_with(".tgz") => Ok(Kind::Archive(path)),
            false => Err(invalid(
                "it ends neither in .tar.gz or .tgz, as an archive, nor in /, as a prefix"
                    .to_owned(),
            )),
        }
    }

    async fn list(&self) -> Result<Vec<String>, LoadingError> {
        if !self.has_listings {
            return Ok(Vec::new());
        }
        let prefix = Some(&self.prefix).filter(|prefix| !prefix.as_ref().is_empty());
        let listing = self.store.list_with_delimiter(prefix);
        let listing = match tokio::time::timeout(self.timeout, listing).await {
            Ok(listing) => listing.map_err(|error| self.refused("", error))?,
            Err(_) => {
                let (key, place, limit) = (String::new(), self.place.clone(), self.timeout);
                return Err(LoadingError::Timeout { key, place, limit });
            }
        };
        let names = |path: &Path| path.filename().map(str::to_owned);
        let folders = listing.common_prefixes.iter().filter_map(names).map(|name| name + "/");
        let objects = listing.objects.iter().filter_map(|object| names(&object.location));
        let archives = objects.filter(|name| name.ends_with(".tar.gz") || name.ends_with(".tgz"));
        let mut keys: Vec<_> = folders.chain(archives).collect();
        keys.sort_unstable();
        Ok(keys)
    }
}

/// What a key names.
enum Kind {
    Archive(Path),
    Prefix(Path),
}

fn loaded(key: &str, entry: Arc<Entry>) -> Loaded {
    let revision = Revision::new(format!("sha256:{}", entry.digest));
    Loaded::new(key, entry.folder.clone(), revision).keeping(entry)
}

impl LoadingStrategy for Remote {
    fn load<'a>(
        &'a self,
        key: &'a str,
        options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Loaded, LoadingError>> {
        Box::pin(self.load_key(key, options))
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<String>, LoadingError>> {
        Box::pin(self.list())
    }

    fn tenant_of<'k>(&self, key: &'k str) -> &'k str {
        let endings = ["/", ".tar.gz", ".tgz"];
        endings.into_iter().find_map(|ending| key.strip_suffix(ending)).unwrap_or(key)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("place", &self.place).finish_non_exhaustive()
    }
}
