//! The cache on the disk.

use std::fs;

use tempfile::TempDir;
use tenantry_server::loading::{Cache, LoadOptions, Loaded, LoadingError, LoadingStrategy, Remote};

use crate::{
    archive::{count, plugin, read},
    web_server::{Answer, Web},
};

async fn load(remote: &Remote, key: &str) -> Result<Loaded, LoadingError> {
    remote.load(key, &LoadOptions::default()).await
}

#[tokio::test]
async fn beyond_the_bound_what_nobody_uses_is_removed() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::open(folder.path(), 2500).unwrap();
    let text = |letter: &str| plugin(&letter.repeat(1000));
    let web = Web::start(Answer::File(text("a"))).await;
    let remote = Remote::open(web.url(), [("timeout", "30s")], &cache).unwrap();
    let used = load(&remote, "a.tgz").await.unwrap();
    let mut roots = Vec::new();
    for letter in ["b", "c", "d"] {
        web.set(Answer::File(text(letter)));
        roots.push(load(&remote, &format!("{letter}.tgz")).await.unwrap().root().to_owned());
    }
    assert_eq!(read(used.root(), "index.mjs"), "a".repeat(1000), "it is in use");
    assert_eq!(roots.iter().map(|root| root.exists()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(count(folder.path().join("content")), 4);
}

#[tokio::test]
async fn what_is_not_whole_comes_again() {
    let folder = TempDir::new().unwrap();
    let web = Web::start(Answer::File(plugin("export default 1"))).await;
    let begin = || {
        let cache = Cache::open(folder.path(), 1 << 30).unwrap();
        Remote::open(web.url(), [("timeout", "30s")], &cache).unwrap()
    };
    let root = load(&begin(), "a.tgz").await.unwrap().root().to_owned();
    for damage in [0, 1, 2] {
        match damage {
            0 => fs::write(root.join("index.mjs"), "").unwrap(),
            1 => fs::remove_dir_all(&root).unwrap(),
            _ => fs::remove_file(root.with_extension("json")).unwrap(),
        }
        let loaded = load(&begin(), "a.tgz").await.unwrap();
        assert_eq!(read(loaded.root(), "index.mjs"), "export default 1", "{damage}");
        assert_eq!(*web.asked.borrow(), 2 + damage, "asked without an ETag");
    }
}

#[test]
fn a_cache_is_one_processs() {
    let folder = TempDir::new().unwrap();
    let first = Cache::open(folder.path(), 0).unwrap();
    let error = Cache::open(folder.path(), 0).unwrap_err();
    assert_eq!(error.code(), "LOADING_DISK");
    assert!(error.to_string().contains("another process"), "{error}");
    drop(first);
    fs::write(folder.path().join("new/rest"), "of one that was killed").unwrap();
    Cache::open(folder.path(), 0).unwrap();
    assert_eq!(count(folder.path().join("new")), 0);
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_an_error_and_the_old_version_stays() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::open(folder.path(), 1 << 30).unwrap();
    let web = Web::start(Answer::File(plugin("export default 1"))).await;
    let remote = Remote::open(web.url(), [("timeout", "30s")], &cache).unwrap();
    let old = load(&remote, "a.tgz").await.unwrap();
    web.set(Answer::File(plugin("export default 2")));
    // Nothing can be made there any more.
    let new = folder.path().join("new");
    fs::remove_dir(&new).unwrap();
    fs::write(&new, "").unwrap();
    let error = load(&remote, "a.tgz").await.unwrap_err();
    assert_eq!(error.code(), "LOADING_DISK");
    assert!(error.to_string().contains(&*new.to_string_lossy()), "{error}");
    assert_eq!(read(old.root(), "index.mjs"), "export default 1");
}
