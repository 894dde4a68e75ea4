//! Starting, using, stopping, starting again.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use tenantry_devdb::{DevDb, Mode};

use crate::support::{Dir, OwnerProcess, ask, connect, eventually, listens, run, server_in};

#[tokio::test]
async fn a_server_starts_and_answers() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    assert!(db.started_it());
    assert_eq!(ask(&db.url("postgres"), "SELECT 1 + 1").await, "2");
    assert_eq!(ask(&db.url("postgres"), "current_setting('server_encoding')").await, "UTF8");
    assert_eq!(ask(&db.url("postgres"), "SELECT upper('é')").await, "É");
    db.stop().await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_is_gone_when_stop_returns() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let (port, sockets) = (db.port(), db.socket_dir().to_owned());
    assert!(listens(port));
    assert!(sockets.join(format!(".s.PGSQL.{port}")).exists());
    db.stop().await.unwrap();
    assert!(!listens(port));
    assert!(!sockets.exists());
    assert!(!dir.server().join("data/postmaster.pid").exists());
}

#[tokio::test]
async fn starting_again_keeps_data_and_address() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let url = db.url("postgres");
    run(&url, "CREATE TABLE t AS SELECT 42 AS answer").await;
    db.stop().await.unwrap();

    let db = server_in(&dir).start().await.unwrap();
    assert_eq!(db.url("postgres"), url);
    assert_eq!(ask(&url, "SELECT answer FROM t").await, "42");
}

#[tokio::test]
async fn dropping_stops_the_server() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let port = db.port();
    let client = connect(&db.url("postgres")).await.unwrap();
    drop(db);
    assert!(!listens(port));
    assert!(client.batch_execute("SELECT 1").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_nobody_waits_for_leaves_no_server() {
    let dir = Dir::new();
    let pid_file = dir.server().join("data/postmaster.pid");
    let start = tokio::spawn(server_in(&dir).start());
    eventually("the server is starting", || pid_file.exists());
    start.abort();
    eventually("the server is gone", || !pid_file.exists());
}

#[tokio::test]
async fn without_a_directory_the_data_is_temporary() {
    let db = DevDb::builder().mode(Mode::Fast).start().await.unwrap();
    let dir = db.data_dir().to_owned();
    assert!(dir.join("data/PG_VERSION").exists());
    db.stop().await.unwrap();
    assert!(!dir.exists());
}

#[tokio::test]
async fn commits_are_durable_by_default_and_fast_on_demand() {
    let durable = DevDb::builder().start().await.unwrap();
    let fast = DevDb::builder().mode(Mode::Fast).start().await.unwrap();
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let show = format!("current_setting('{setting}')");
        assert_eq!(ask(&durable.url("postgres"), &show).await, "on", "{setting}");
        assert_eq!(ask(&fast.url("postgres"), &show).await, "off", "{setting}");
    }
}

#[tokio::test]
async fn settings_reach_the_server() {
    let dir = Dir::new();
    let builder = server_in(&dir).max_connections(17).setting("application_name", "it's \"a\" $b");
    let db = builder.start().await.unwrap();
    let url = db.url("postgres");
    assert_eq!(ask(&url, "current_setting('max_connections')").await, "17");
    assert_eq!(ask(&url, "current_setting('application_name')").await, "it's \"a\" $b");
    assert_eq!(ask(&url, "current_setting('listen_addresses')").await, "127.0.0.1");
}

#[tokio::test]
async fn a_setting_that_postgresql_refuses_is_told_in_its_own_words() {
    let dir = Dir::new();
    let error = server_in(&dir).setting("shared_buffers", "a lot").start().await.unwrap_err();
    assert_eq!(error.code(), "START_FAILED");
    assert!(
        error.to_string().contains("invalid value for parameter \"shared_buffers\""),
        "{error}"
    );

    let db = server_in(&dir).start().await.expect("nothing of it stays");
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
}

#[tokio::test]
async fn a_setting_that_would_move_the_server_is_refused() {
    let error = DevDb::builder().setting("listen_addresses", "*").start().await.unwrap_err();
    assert_eq!(error.code(), "SETTING_INVALID");
}

#[tokio::test]
async fn a_server_that_is_not_ready_in_time_is_an_error_and_is_stopped() {
    let dir = Dir::new();
    let error = server_in(&dir).start_timeout(Duration::ZERO).start().await.unwrap_err();
    assert_eq!(error.code(), "START_TIMEOUT");
    let db = server_in(&dir).start().await.expect("a second start waits for the end of the first");
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
}

#[tokio::test]
async fn databases_are_created_once_under_any_name() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    for name in ["projects", "a \"b\"/c?d ü"] {
        let (one, other) = tokio::join!(db.create_database(name), db.create_database(name));
        one.and(other).unwrap();
        db.create_database(name).await.unwrap();
        assert_eq!(ask(&db.url(name), "current_database()").await, name);
    }
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let (url, port, sockets) = (db.url("postgres"), db.port(), db.socket_dir());
    let socket_url = format!("host={} port={port} user=postgres", sockets.display());
    let refused = [
        format!("postgres://postgres@127.0.0.1:{port}/postgres"),
        format!("postgres://postgres:wrong@127.0.0.1:{port}/postgres"),
        socket_url.clone(),
    ];
    for url in refused {
        assert!(connect(&url).await.is_err(), "{url}");
    }
    let password = url.split([':', '@']).nth(2).unwrap();
    let socket_url = format!("{socket_url} password={password}");
    assert_eq!(ask(&socket_url, "SELECT inet_server_addr() IS NULL").await, "true");
}

#[tokio::test]
async fn debug_output_does_not_tell_the_password() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let url = db.url("postgres");
    let password = url.split([':', '@']).nth(2).unwrap();
    assert_eq!(password.len(), 48);
    assert!(!format!("{db:?}").contains(password));
}

#[tokio::test]
async fn nobody_else_reads_the_password_or_the_data() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&db.data_dir().join("data")), 0o700);
    assert_eq!(mode(&db.data_dir().join("data/superuser.password")), 0o600);
    assert_eq!(mode(&db.data_dir().join("run")), 0o700);
    assert_eq!(mode(db.socket_dir()), 0o700);
    assert_eq!(mode(&db.log_file()), 0o600);
    let owner = |path: &std::path::Path| fs::metadata(path).unwrap().uid();
    assert_eq!(owner(db.socket_dir()), owner(&db.data_dir().join("data")));
}

#[test]
fn variables_of_the_callers_environment_do_not_leak_in() {
    let dir = Dir::new();
    let variables = [
        ("PGDATA", "/nowhere"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGPASSWORD", "wrong"),
        ("PGOPTIONS", "-c work_mem=nonsense"),
        ("LC_ALL", "xx_XX.nonsense"),
        ("LC_MESSAGES", "de_DE.UTF-8"),
        ("LANG", "de_DE.UTF-8"),
    ];
    let mut owner = OwnerProcess::spawn_with(&dir.server(), &variables);
    let url = owner.url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let messages = runtime.block_on(ask(&url, "current_setting('lc_messages')"));
    assert_eq!(messages, "C");
    owner.finish();
}
