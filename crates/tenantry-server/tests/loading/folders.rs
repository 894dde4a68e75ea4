//! Local folders, and the strategies' names.

use std::{fs, os::unix::fs::symlink};

use tempfile::TempDir;
use tenantry_server::loading::{LocalFolders, Source, Strategies};

fn setup() -> (TempDir, Strategies) {
    let folder = TempDir::new().unwrap();
    for tenant in ["tenants/acme/routes", "tenants/globex", "tenants/.git", "outside"] {
        fs::create_dir_all(folder.path().join(tenant)).unwrap();
    }
    fs::write(folder.path().join("tenants/acme/routes/index.mjs"), "1").unwrap();
    fs::write(folder.path().join("tenants/notes.txt"), "").unwrap();
    symlink("../outside", folder.path().join("tenants/out")).unwrap();
    symlink("acme", folder.path().join("tenants/alias")).unwrap();
    let strategies = Strategies::new();
    strategies.add("folder", LocalFolders::new(folder.path().join("tenants"))).unwrap();
    (folder, strategies)
}

#[tokio::test]
async fn a_folder_is_loaded_as_it_is_and_its_revision_tells_of_changes() {
    let (folder, strategies) = setup();
    let load = async || strategies.load(&Source::new("folder", "acme")).await.unwrap();
    let first = load().await;
    assert_eq!(first.root(), folder.path().join("tenants/acme").canonicalize().unwrap());
    assert_eq!(load().await.revision(), first.revision());
    fs::write(folder.path().join("tenants/acme/routes/index.mjs"), "22").unwrap();
    let second = load().await;
    assert_ne!(second.revision(), first.revision());
    fs::write(folder.path().join("tenants/acme/config.json"), "{}").unwrap();
    let third = load().await;
    assert_ne!(third.revision(), second.revision());
    fs::remove_file(folder.path().join("tenants/acme/config.json")).unwrap();
    assert_eq!(load().await.revision(), second.revision());
}

#[tokio::test]
async fn only_what_is_inside_is_found() {
    let (_folder, strategies) = setup();
    for (key, code) in [
        ("missing", "LOADING_NOT_FOUND"),
        ("out", "LOADING_KEY_INVALID"),
        ("notes.txt", "LOADING_KEY_INVALID"),
        ("..", "LOADING_KEY_INVALID"),
        ("../outside", "LOADING_KEY_INVALID"),
        ("acme/../../outside", "LOADING_KEY_INVALID"),
        ("/etc", "LOADING_KEY_INVALID"),
        (".git", "LOADING_KEY_INVALID"),
        ("", "LOADING_KEY_INVALID"),
        ("a\0b", "LOADING_KEY_INVALID"),
    ] {
        let error = strategies.load(&Source::new("folder", key)).await.unwrap_err();
        assert_eq!(error.code(), code, "{key:?}: {error}");
    }
    let alias = strategies.load(&Source::new("folder", "alias")).await.unwrap();
    assert!(alias.root().ends_with("tenants/acme"));
    let keys = strategies.get("folder").unwrap().keys().await.unwrap();
    assert_eq!(keys, ["acme", "alias", "globex", "out"]);
}

#[tokio::test]
async fn a_strategy_has_its_name_alone() {
    let (folder, strategies) = setup();
    let again = strategies.add("folder", LocalFolders::new(folder.path()));
    assert_eq!(again.unwrap_err().code(), "LOADING_STRATEGY_DUPLICATE");
    strategies.add("other", LocalFolders::new(folder.path())).unwrap();
    assert_eq!(strategies.names(), ["folder", "other"]);
    let error = strategies.load(&Source::new("s3", "acme")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no loading strategy \"s3\": there is folder, other; a section [loading.s3] with a url makes one"
    );
}
