//! Where programs and data are.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use tenantry_devdb::{DevDb, Installation, Mode, find_installation};

use crate::support::{Dir, OwnerProcess, ask, is_root, server_in};

#[test]
fn an_installation_is_found_and_is_supported() {
    let found = find_installation().unwrap();
    assert!((14..=18).contains(&found.version().major), "{found:?}");
    assert!(found.bin_dir().join("initdb").exists());
    assert!(found.bin_dir().join("postgres").exists());
}

#[test]
fn a_directory_without_postgresql_is_an_error_that_names_it() {
    let dir = Dir::new();
    let error = Installation::at(dir.path()).unwrap_err();
    assert_eq!(error.code(), "POSTGRES_NOT_FOUND");
    assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
}

#[test]
fn the_variable_for_the_programs_is_heeded_and_named_when_it_is_wrong() {
    let dir = Dir::new();
    let variables = [("TENANTRY_PG_BIN", "/nowhere/bin")];
    let mut owner = OwnerProcess::spawn_with(&dir.server(), &variables);
    let error = owner.says("error");
    assert!(error.starts_with("POSTGRES_NOT_FOUND"), "{error}");
    for part in ["TENANTRY_PG_BIN (/nowhere/bin): no such directory", "install it with"] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

#[tokio::test]
async fn data_of_another_version_is_an_error_that_says_what_to_do() {
    let dir = Dir::new();
    server_in(&dir).start().await.unwrap().stop().await.unwrap();
    fs::write(dir.server().join("data/PG_VERSION"), "12\n").unwrap();
    let error = server_in(&dir).start().await.unwrap_err();
    assert_eq!(error.code(), "POSTGRES_VERSION_MISMATCH");
    assert!(error.to_string().contains("install PostgreSQL 12"), "{error}");
}

#[tokio::test]
async fn a_directory_with_other_files_is_left_alone() {
    let dir = Dir::new();
    fs::create_dir(dir.server()).unwrap();
    fs::write(dir.server().join("thesis.tex"), "important").unwrap();
    let error = server_in(&dir).start().await.unwrap_err();
    assert_eq!(error.code(), "DATA_DIR_INVALID");
    assert!(error.to_string().contains("it holds other files"), "{error}");
    assert_eq!(fs::read_dir(dir.server()).unwrap().count(), 1);
}

#[tokio::test]
async fn paths_with_unusual_characters_are_no_trouble() {
    let dir = Dir::new();
    let odd = dir.path().join("it's a \"dir\" $HOME; ü");
    let db = DevDb::builder().data_dir(&odd).mode(Mode::Fast).start().await.unwrap();
    assert_eq!(db.data_dir(), odd);
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
    db.stop().await.unwrap();
}

#[tokio::test]
async fn a_very_long_path_is_no_trouble() {
    let dir = Dir::new();
    let long = dir.path().join("x".repeat(200)).join("y".repeat(200));
    let db = DevDb::builder().data_dir(&long).mode(Mode::Fast).start().await.unwrap();
    assert!(db.socket_dir().as_os_str().len() < 40);
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
}

#[tokio::test]
async fn postgresql_never_runs_as_root() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let runs_as = fs::metadata(db.data_dir().join("data")).unwrap().uid();
    let file = "pg_read_file('/proc/self/status')";
    assert_ne!(runs_as, 0);
    if is_root() {
        // What the account owns is within what is root's, not the other way round.
        assert_eq!(fs::metadata(db.data_dir()).unwrap().uid(), 0);
    } else {
        assert_eq!(runs_as, rustix::process::geteuid().as_raw());
    }
    if cfg!(target_os = "linux") {
        let status = ask(&db.url("postgres"), file).await;
        let line = status.lines().find(|it| it.starts_with("Uid:")).unwrap();
        let ids: Vec<_> = line.split_whitespace().skip(1).collect();
        assert!(ids.iter().all(|id| *id == runs_as.to_string()), "{line}");
    }
}

#[tokio::test]
async fn a_directory_that_postgresql_cannot_reach_is_replaced_and_said_so() {
    let dir = Dir::new();
    // As /root is.
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let db = server_in(&dir).start().await.unwrap();
    let (used, url) = (db.data_dir().to_owned(), db.url("postgres"));
    if is_root() {
        assert_eq!(db.asked_data_dir(), Some(dir.server().as_path()));
        assert!(used.starts_with("/var/tmp"), "{used:?}");
        assert!(!dir.server().exists());
    } else {
        assert_eq!(db.asked_data_dir(), None);
        assert_eq!(used, dir.server());
    }
    db.stop().await.unwrap();

    let again = server_in(&dir).start().await.unwrap();
    assert_eq!(again.url("postgres"), url);
    again.stop().await.unwrap();
    fs::remove_dir_all(used).unwrap();
}
