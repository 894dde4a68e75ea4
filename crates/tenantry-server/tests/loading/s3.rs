//! Archives and prefixes on an S3-speaking server.

use tempfile::TempDir;
use tenantry_server::loading::{ArchiveLimits, Cache, LoadingStrategy, Source, Strategies};

use crate::{
    archive::{plugin, read, sha256, tgz},
    s3_server::S3,
};

struct Setup {
    s3: S3,
    folder: TempDir,
    strategies: Strategies,
}

impl Setup {
    async fn new(prefix: &str) -> Self {
        let (s3, folder) = (S3::start().await, TempDir::new().unwrap());
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        let strategies = Strategies::new();
        strategies.add("s3", s3.remote(prefix, &cache)).unwrap();
        Self { s3, folder, strategies }
    }

    async fn load(
        &self,
        key: &str,
    ) -> Result<tenantry_server::loading::Loaded, tenantry_server::loading::LoadingError> {
        self.strategies.load(&Source::new("s3", key)).await
    }

    async fn code(&self, source: &Source) -> &'static str {
        self.strategies.load(source).await.unwrap_err().code()
    }
}

#[tokio::test]
async fn an_archive_is_loaded_and_comes_again_only_when_it_changes() {
    let setup = Setup::new("plugins").await;
    let first = plugin("export default 1");
    setup.s3.put("plugins/billing.tgz", first.clone()).await;

    let loaded = setup.load("billing.tgz").await.unwrap();
    assert_eq!(read(loaded.root(), "index.mjs"), "export default 1");
    assert_eq!(loaded.revision().as_str(), format!("sha256:{}", sha256(&first)));
    assert_eq!(setup.s3.log(), ["GET /code/plugins/billing.tgz 200"]);

    let again = setup.load("billing.tgz").await.unwrap();
    assert_eq!((again.root(), again.revision()), (loaded.root(), loaded.revision()));
    assert_eq!(setup.s3.log(), ["GET /code/plugins/billing.tgz 304"]);

    setup.s3.put("plugins/billing.tgz", plugin("export default 2")).await;
    let changed = setup.load("billing.tgz").await.unwrap();
    assert_ne!(changed.revision(), loaded.revision());
    assert_eq!(read(changed.root(), "index.mjs"), "export default 2");
    assert_eq!(read(loaded.root(), "index.mjs"), "export default 1", "who has it keeps it");
}

#[tokio::test]
async fn a_pinned_archive_is_that_one_or_none() {
    let mut setup = Setup::new("").await;
    let good = plugin("export default 1");
    let pinned = Source::new("s3", "a.tgz").with("sha256", sha256(&good));
    setup.s3.put("a.tgz", plugin("export default 'evil'")).await;
    let error = setup.strategies.load(&pinned).await.unwrap_err();
    assert_eq!(error.code(), "LOADING_DIGEST_MISMATCH");
    assert!(error.to_string().contains(&sha256(&good)), "{error}");

    setup.s3.put("a.tgz", good).await;
    let loaded = setup.strategies.load(&pinned).await.unwrap();
    assert_eq!(setup.s3.log(), ["GET /code/a.tgz 200"]);

    // From then on nobody has to be asked.
    setup.s3.put("a.tgz", plugin("export default 'evil'")).await;
    let again = setup.strategies.load(&pinned).await.unwrap();
    assert_eq!(again.revision(), loaded.revision());
    assert!(setup.s3.log().is_empty());
    setup.s3.stop().await;
    setup.strategies.load(&pinned).await.unwrap();
}

#[tokio::test]
async fn a_prefix_is_a_folder_and_comes_again_only_when_it_changes() {
    let setup = Setup::new("tenants").await;
    setup.s3.put("tenants/acme/config.json", "{}").await;
    setup.s3.put("tenants/acme/routes/index.mjs", "export default 1").await;
    setup.s3.put("tenants/acme-2/config.json", "not acme's").await;

    let loaded = setup.load("acme/").await.unwrap();
    assert_eq!(read(loaded.root(), "routes/index.mjs"), "export default 1");
    assert_eq!(read(loaded.root(), "config.json"), "{}");
    let log = setup.s3.log();
    assert_eq!(log.iter().filter(|line| line.contains("/tenants/")).count(), 2, "{log:?}");

    let again = setup.load("acme/").await.unwrap();
    assert_eq!(again.revision(), loaded.revision());
    let log = setup.s3.log();
    assert!(log.iter().all(|line| !line.contains("/tenants/")), "only the listing: {log:?}");

    setup.s3.put("tenants/acme/routes/index.mjs", "export default 2").await;
    let changed = setup.load("acme/").await.unwrap();
    assert_ne!(changed.revision(), loaded.revision());

    let pin = changed.revision().as_str().to_owned();
    let pinned = Source::new("s3", "acme/").with("sha256", pin);
    setup.strategies.load(&pinned).await.unwrap();
    setup.s3.put("tenants/acme/routes/index.mjs", "export default 'evil'").await;
    let other = Source::new("s3", "acme/").with("sha256", "0".repeat(64));
    assert_eq!(setup.code(&other).await, "LOADING_DIGEST_MISMATCH");
}

#[tokio::test]
async fn keys_are_what_is_there() {
    let setup = Setup::new("tenants").await;
    for key in ["tenants/b.tgz", "tenants/a/config.json", "tenants/c.tar.gz", "tenants/notes.txt"] {
        setup.s3.put(key, "x").await;
    }
    let keys = setup.strategies.get("s3").unwrap().keys().await.unwrap();
    assert_eq!(keys, ["a/", "b.tgz", "c.tar.gz"]);
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_is_told_by_name() {
    let setup = Setup::new("").await;
    assert_eq!(setup.code(&Source::new("s3", "missing.tgz")).await, "LOADING_NOT_FOUND");
    assert_eq!(setup.code(&Source::new("s3", "missing/")).await, "LOADING_NOT_FOUND");
    for key in
        ["", "/", "../a.tgz", "a/../b.tgz", "/a.tgz", "a//b.tgz", "./a.tgz", "a.js", "a\n.tgz"]
    {
        assert_eq!(setup.code(&Source::new("s3", key)).await, "LOADING_KEY_INVALID", "{key:?}");
    }
    for source in [
        Source::new("s3", "a.tgz").with("sha256", "abc"),
        Source::new("s3", "a.tgz").with("sha256", 3),
        Source::new("s3", "a.tgz").with("sha1", "abc"),
    ] {
        assert_eq!(setup.code(&source).await, "LOADING_OPTION_INVALID", "{source:?}");
    }
    assert!(setup.s3.log().iter().all(|line| !line.contains("a.tgz")), "nothing was asked for");

    setup.s3.put("a.tgz", plugin("1")).await;
    let other = TempDir::new().unwrap();
    let cache = Cache::open(other.path(), 0).unwrap();
    let wrong = setup.s3.remote_with("", "another secret", &cache).unwrap();
    setup.strategies.add("wrong", wrong).unwrap();
    assert_eq!(setup.code(&Source::new("wrong", "a.tgz")).await, "LOADING_DENIED");
    assert_eq!(setup.code(&Source::new("s4", "a.tgz")).await, "LOADING_STRATEGY_UNKNOWN");
}

#[tokio::test]
async fn a_dead_server_is_no_obstacle_to_who_has_had_a_version_before() {
    let mut setup = Setup::new("").await;
    setup.s3.put("a.tgz", plugin("export default 1")).await;
    setup.s3.put("b/index.mjs", "export default 1").await;
    let archive = setup.load("a.tgz").await.unwrap();
    let prefix = setup.load("b/").await.unwrap();
    setup.s3.stop().await;

    for (key, old) in [("a.tgz", archive), ("b/", prefix)] {
        assert_eq!(setup.load(key).await.unwrap().revision(), old.revision());
        drop(old);
        let again = setup.load(key).await.unwrap();
        assert_eq!(read(again.root(), "index.mjs"), "export default 1");
    }
    let error = setup.load("c.tgz").await.unwrap_err();
    assert_eq!(error.code(), "LOADING_UNAVAILABLE");
    assert!(error.to_string().contains("s3://code"), "{error}");
}

#[tokio::test]
async fn what_was_loaded_is_still_there_after_a_restart() {
    let setup = Setup::new("").await;
    setup.s3.put("a.tgz", plugin("export default 1")).await;
    let root = setup.load("a.tgz").await.unwrap().root().to_owned();
    setup.s3.log();
    let Setup { s3, folder, strategies } = setup;
    drop(strategies);

    let cache = Cache::open(folder.path(), 1 << 30).unwrap();
    let remote = s3.remote("", &cache);
    let loaded = remote.load("a.tgz", &Default::default()).await.unwrap();
    assert_eq!(s3.log(), ["GET /code/a.tgz 304"]);
    assert_eq!(loaded.root(), root);
}

#[tokio::test]
async fn more_than_allowed_is_refused() {
    let s3 = S3::start().await;
    let folder = TempDir::new().unwrap();
    let cache = Cache::open(folder.path(), 1 << 30).unwrap();
    let mut limits = ArchiveLimits::default();
    (limits.packed, limits.unpacked, limits.files) = (10_000, 20_000, 3);
    let remote = s3.remote("", &cache).limits(limits);
    s3.put("packed.tgz", vec![7; 10_001]).await;
    s3.put("bomb.tgz", tgz(&[("zeros", &"\0".repeat(20_001))])).await;
    s3.put("files.tgz", tgz(&[("a", ""), ("b", ""), ("c", ""), ("d", "")])).await;
    s3.put("large/one", vec![7; 20_001]).await;
    for file in ["a", "b", "c", "d"] {
        s3.put(&format!("many/{file}"), "").await;
    }
    for key in ["packed.tgz", "bomb.tgz", "files.tgz", "large/", "many/"] {
        let error = remote.load(key, &Default::default()).await.unwrap_err();
        assert_eq!(error.code(), "LOADING_TOO_LARGE", "{key}: {error}");
    }
    assert_eq!(crate::archive::count(folder.path().join("content")), 0);
    assert_eq!(crate::archive::count(folder.path().join("new")), 0);
}
