//! Archives behind HTTP, and servers that fail.

use std::time::Duration;

use http::StatusCode;
use tempfile::TempDir;
use tenantry_server::loading::{Cache, LoadOptions, Loaded, LoadingError, LoadingStrategy, Remote};

use crate::{
    archive::{count, plugin, read, sha256},
    web_server::{Answer, Web},
};

struct Setup {
    web: Web,
    remote: Remote,
    folder: TempDir,
}

impl Setup {
    async fn new(answer: Answer) -> Self {
        let (web, folder) = (Web::start(answer).await, TempDir::new().unwrap());
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        let remote = Remote::open(web.url(), [("timeout", "30s")], &cache).unwrap();
        Self { web, remote: remote.timeout(Duration::from_secs(5)), folder }
    }

    async fn load(&self) -> Result<Loaded, LoadingError> {
        self.remote.load("a.tgz", &LoadOptions::default()).await
    }

    /// That nothing half-done is left.
    #[track_caller]
    fn is_tidy(&self, entries: usize) {
        assert_eq!(count(self.folder.path().join("new")), 0);
        // A folder, and what says that it is whole.
        assert_eq!(count(self.folder.path().join("content")), 2 * entries);
    }
}

#[tokio::test]
async fn an_archive_is_loaded_and_asked_for_by_its_etag() {
    let setup = Setup::new(Answer::File(plugin("export default 1"))).await;
    let first = setup.load().await.unwrap();
    assert_eq!(read(first.root(), "index.mjs"), "export default 1");
    assert_eq!(setup.load().await.unwrap().revision(), first.revision());
    setup.web.set(Answer::File(plugin("export default 2")));
    let second = setup.load().await.unwrap();
    assert_eq!(read(second.root(), "index.mjs"), "export default 2");
    assert_eq!(*setup.web.asked.borrow(), 3);
}

#[tokio::test]
async fn every_failure_is_told_and_the_old_version_stays() {
    let good = plugin("export default 1");
    let setup = Setup::new(Answer::File(good.clone())).await;
    let old = setup.load().await.unwrap();
    for (answer, code) in [
        (Answer::Status(StatusCode::NOT_FOUND), "LOADING_NOT_FOUND"),
        (Answer::Status(StatusCode::FORBIDDEN), "LOADING_DENIED"),
        (Answer::Status(StatusCode::UNAUTHORIZED), "LOADING_DENIED"),
        (Answer::File(good[..good.len() / 2].to_vec()), "LOADING_ARCHIVE_INVALID"),
        (Answer::File(b"<html>moved</html>".to_vec()), "LOADING_ARCHIVE_INVALID"),
        (Answer::File(Vec::new()), "LOADING_ARCHIVE_INVALID"),
    ] {
        setup.web.set(answer);
        let error = setup.load().await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains("a.tgz"), "{error}");
        setup.is_tidy(1);
    }
    assert_eq!(read(old.root(), "index.mjs"), "export default 1");
    setup.web.set(Answer::File(good));
    assert_eq!(setup.load().await.unwrap().revision(), old.revision());
}

#[tokio::test]
async fn with_the_server_away_what_came_last_is_had_by_all_whoever_else_has_it() {
    let setup = Setup::new(Answer::File(plugin("export default 1"))).await;
    let first = setup.load().await.unwrap();
    let half = plugin("export default 2")[..40].to_vec();
    for answer in [Answer::Status(StatusCode::BAD_REQUEST), Answer::CutOff(half)] {
        setup.web.set(answer);
        let (second, third) = tokio::join!(setup.load(), setup.load());
        for loaded in [second.unwrap(), third.unwrap()] {
            assert_eq!(loaded.revision(), first.revision());
            assert_eq!(read(loaded.root(), "index.mjs"), "export default 1");
        }
        setup.is_tidy(1);
    }
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_and_then_given_up() {
    let setup = Setup::new(Answer::Status(StatusCode::SERVICE_UNAVAILABLE)).await;
    let error = setup.load().await.unwrap_err();
    assert_eq!(error.code(), "LOADING_UNAVAILABLE");
    assert_eq!(*setup.web.asked.borrow(), 3);
}

#[tokio::test]
async fn a_slow_server_is_given_up_in_time() {
    for answer in [Answer::Silence, Answer::Hang] {
        let setup = Setup::new(answer).await;
        let Setup { web, remote, folder } = setup;
        let setup = Setup { web, remote: remote.timeout(Duration::from_millis(200)), folder };
        let error = setup.load().await.unwrap_err();
        assert_eq!(error.code(), "LOADING_TIMEOUT");
        assert!(error.to_string().contains("within 0.2 s"), "{error}");
        setup.is_tidy(0);
    }
}

#[tokio::test]
async fn a_load_that_is_dropped_leaves_nothing() {
    let setup = Setup::new(Answer::Hang).await;
    let mut asked = setup.web.asked.clone();
    tokio::select! {
        loaded = setup.load() => panic!("{loaded:?}"),
        count = asked.wait_for(|count| *count == 1) => { count.unwrap(); }
    }
    setup.is_tidy(0);
    setup.web.set(Answer::File(plugin("export default 1")));
    setup.load().await.unwrap();
}

#[tokio::test]
async fn a_wrong_digest_is_refused_and_never_unpacked() {
    let setup = Setup::new(Answer::File(plugin("export default 'evil'"))).await;
    let pin = sha256(&plugin("export default 1"));
    let options = LoadOptions::from_iter([("sha256".to_owned(), pin.into())]);
    let error = setup.remote.load("a.tgz", &options).await.unwrap_err();
    assert_eq!(error.code(), "LOADING_DIGEST_MISMATCH");
    setup.is_tidy(0);
}

#[tokio::test]
async fn http_has_no_prefixes_and_a_url_no_credentials() {
    let setup = Setup::new(Answer::Silence).await;
    let error = setup.remote.load("a/", &LoadOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "LOADING_KEY_INVALID");
    assert!(setup.remote.keys().await.unwrap().is_empty());

    let folder = TempDir::new().unwrap();
    let cache = Cache::open(folder.path(), 0).unwrap();
    let open = |url: &str, options: &[(&str, &str)]| {
        Remote::open(url, options.iter().copied(), &cache).unwrap_err()
    };
    for url in ["ftp://h/p", "file:///etc", "memory:///", "h/p", "https://u:secret@h/p", "s3://b?x"]
    {
        assert_eq!(open(url, &[]).code(), "LOADING_KEY_INVALID", "{url}");
    }
    let unknown = open("s3://bucket", &[("sekret_access_key", "x")]);
    assert_eq!(unknown.code(), "LOADING_OPTION_INVALID");
    assert!(unknown.to_string().contains("sekret_access_key"), "{unknown}");
}
