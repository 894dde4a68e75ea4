//! The servers and databases for tests.

use tenantry_devdb::testing::{TestDb, TestServer, shared_server};

use crate::support::{ask, connect, listens, run};

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = (TestDb::create().await, TestDb::create().await);
    assert_ne!(one.name(), other.name());
    run(&one.url(), "CREATE TABLE users (name text)").await;
    run(&other.url(), "CREATE TABLE users (name text)").await;
    assert_eq!(ask(&one.url(), "current_database()").await, one.name());
}

#[tokio::test]
async fn a_database_goes_with_its_test_whoever_is_connected() {
    let db = TestDb::create().await;
    let (cluster, name) = (db.cluster_url(), db.name().to_owned());
    let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(ask(&cluster, &count).await, "1");
    let client = db.connect().await;
    drop(db);
    assert_eq!(ask(&cluster, &count).await, "0");
    assert!(client.batch_execute("SELECT 1").await.is_err());
}

#[tokio::test]
async fn many_databases_are_created_at_once() {
    let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(TestDb::try_create())).collect();
    for task in tasks {
        let db = task.await.unwrap().unwrap();
        assert_eq!(ask(&db.url(), "current_database()").await, db.name());
    }
}

#[tokio::test]
async fn the_shared_server_is_fast_and_roomy() {
    let url = shared_server().await.unwrap().url("postgres");
    assert_eq!(ask(&url, "current_setting('max_connections')").await, "300");
    assert_eq!(ask(&url, "current_setting('fsync')").await, "off");
}

#[tokio::test]
async fn a_test_stops_and_starts_a_server_of_its_own() {
    let server = TestServer::start_with(|it| it.max_connections(20)).await.unwrap();
    let url = server.url("postgres");
    run(&url, "CREATE TABLE t AS SELECT 42 AS answer").await;
    let client = connect(&url).await.unwrap();

    server.stop().await.unwrap();
    assert!(!listens(server.db().port()));
    assert!(client.batch_execute("SELECT 1").await.is_err());

    server.restart().await.unwrap();
    assert_eq!(ask(&url, "SELECT answer FROM t").await, "42");
    assert_eq!(ask(&url, "current_setting('max_connections')").await, "20");
}

#[tokio::test]
async fn a_test_kills_a_server_of_its_own() {
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    run(&url, "CREATE TABLE t AS SELECT 42 AS answer").await;
    let client = connect(&url).await.unwrap();

    server.kill().await.unwrap();
    assert!(client.batch_execute("SELECT 1").await.is_err());
    assert!(server.db().data_dir().join("data/postmaster.pid").exists(), "it had no time to tidy");

    server.restart().await.unwrap();
    assert_eq!(ask(&url, "SELECT answer FROM t").await, "42");

    let dir = server.db().data_dir().to_owned();
    drop(server);
    assert!(!dir.exists());
}
