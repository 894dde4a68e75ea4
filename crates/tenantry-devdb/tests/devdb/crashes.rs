//! What a start finds after something went wrong.

use std::fs;
use std::net::TcpListener;

use crate::support::{
    Dir, OwnerProcess, ask, eventually, kill, listens, names_in, postmaster, run, server_in,
};

#[tokio::test]
async fn a_crashed_server_starts_again_with_its_data() {
    let dir = Dir::new();
    let db = server_in(&dir).setting("synchronous_commit", "on").start().await.unwrap();
    run(&db.url("postgres"), "CREATE TABLE t AS SELECT 42 AS answer").await;
    kill(postmaster(&dir.server()));
    drop(db);
    assert!(dir.server().join("data/postmaster.pid").exists());

    let db = server_in(&dir).start().await.unwrap();
    assert!(db.started_it());
    assert_eq!(ask(&db.url("postgres"), "SELECT answer FROM t").await, "42");
}

#[tokio::test]
async fn a_stale_pid_file_is_healed_even_if_its_process_id_lives_again() {
    let dir = Dir::new();
    server_in(&dir).start().await.unwrap().stop().await.unwrap();
    let data = dir.server().join("data");
    let pid_file = data.join("postmaster.pid");
    // Our own id: alive, and certainly not PostgreSQL.
    let stale = format!("{}\n{}\n1700000000\n1\n\n\n", std::process::id(), data.display());
    fs::write(&pid_file, stale).unwrap();

    let db = server_in(&dir).start().await.unwrap();
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
    assert_ne!(postmaster(&dir.server()), i32::try_from(std::process::id()).unwrap());
}

#[tokio::test]
async fn an_initdb_that_was_killed_half_way_leaves_nothing_behind() {
    let dir = Dir::new();
    let server = dir.server();
    let half_done = || {
        names_in(&server)
            .iter()
            .any(|name| name.starts_with("data.new-") && !names_in(&server.join(name)).is_empty())
    };
    let owner = OwnerProcess::spawn(&server);
    eventually("initdb is at work", || server.exists() && half_done());
    owner.kill();
    assert!(!server.join("data").exists());

    let db = server_in(&dir).start().await.unwrap();
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
    db.stop().await.unwrap();
    let left: Vec<_> =
        names_in(&server).into_iter().filter(|it| it.starts_with("data.new-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_new_owner_revives_a_server_that_crashed_under_another() {
    let dir = Dir::new();
    let first = server_in(&dir).start().await.unwrap();
    let url = first.url("postgres");
    kill(postmaster(&dir.server()));
    eventually("the server is gone", || !listens(first.port()));

    let second = server_in(&dir).start().await.unwrap();
    assert_eq!(second.url("postgres"), url);
    // Both own the new one.
    second.stop().await.unwrap();
    assert_eq!(ask(&url, "SELECT 1").await, "1");
    first.stop().await.unwrap();
    assert!(!listens(url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap()));
}

#[tokio::test]
async fn a_server_whose_watchdog_was_killed_gets_another() {
    let dir = Dir::new();
    let watchdog = || {
        let text = fs::read_to_string(dir.server().join("run/watchdog")).unwrap_or_default();
        text.trim().parse::<i32>().ok()
    };
    let first = server_in(&dir).start().await.unwrap();
    let port = first.port();
    let killed = watchdog().unwrap();
    kill(killed);

    let mut second = OwnerProcess::spawn(&dir.server());
    second.url();
    eventually("there is another watchdog", || watchdog().is_some_and(|it| it != killed));
    first.stop().await.unwrap();
    assert!(listens(port));
    second.kill();
    eventually("the new watchdog stops the server", || !listens(port));
}

#[tokio::test]
async fn without_a_watchdog_the_owner_still_stops_the_server() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let port = db.port();
    let watchdog = fs::read_to_string(dir.server().join("run/watchdog")).unwrap();
    kill(watchdog.trim().parse().unwrap());
    db.stop().await.unwrap();
    assert!(!listens(port));
}

#[tokio::test]
async fn a_port_that_was_taken_in_the_meantime_is_replaced() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let port = db.port();
    db.stop().await.unwrap();
    let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let db = server_in(&dir).start().await.unwrap();
    assert_ne!(db.port(), port);
    assert_eq!(ask(&db.url("postgres"), "SELECT 1").await, "1");
}

#[tokio::test]
async fn a_port_that_was_asked_for_and_is_taken_is_an_error() {
    let dir = Dir::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = server_in(&dir).port(port).start().await.unwrap_err();
    assert_eq!(error.code(), "PORT_TAKEN");
    assert!(error.to_string().contains(&format!("port {port} on 127.0.0.1 is taken")), "{error}");
}

#[tokio::test]
async fn a_server_that_somebody_else_started_is_left_alone() {
    let dir = Dir::new();
    let db = server_in(&dir).start().await.unwrap();
    let data = db.data_dir().join("data");
    db.stop().await.unwrap();
    // What would be there if somebody had typed `pg_ctl start -D`: a process and its pid file.
    let mut foreign = std::process::Command::new("sh")
        .args(["-c", "read line; :", "postgres", "-D"])
        .arg(&data)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    fs::write(data.join("postmaster.pid"), format!("{}\n{}\n", foreign.id(), data.display()))
        .unwrap();

    let error = server_in(&dir).start().await.unwrap_err();

    assert_eq!(error.code(), "FOREIGN_SERVER");
    assert!(error.to_string().contains(&format!("process {}", foreign.id())), "{error}");
    foreign.kill().unwrap();
    foreign.wait().unwrap();
}
