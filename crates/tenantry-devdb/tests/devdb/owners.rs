//! Who owns a server: several at once, and what becomes of it when they go.

use std::time::Duration;

use crate::support::{Dir, OwnerProcess, ask, eventually, listens, run, server_in};

fn port_of(url: &str) -> u16 {
    url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_server_stops_when_its_owner_is_killed() {
    let dir = Dir::new();
    let mut owner = OwnerProcess::spawn(&dir.server());
    let port = port_of(&owner.url());
    assert!(listens(port));
    owner.kill();
    eventually("the server stops", || !listens(port));
    eventually("it shut down properly", || !dir.server().join("data/postmaster.pid").exists());
}

#[test]
fn a_server_stops_when_its_owner_is_killed_in_the_middle_of_starting_it() {
    let dir = Dir::new();
    let pid_file = dir.server().join("data/postmaster.pid");
    let owner = OwnerProcess::spawn(&dir.server());
    eventually("the server is starting", || pid_file.exists());
    owner.kill();
    eventually("the server is gone", || !pid_file.exists());
}

#[tokio::test]
async fn ctrl_c_leaves_the_server_running_until_its_owner_has_drained() {
    let dir = Dir::new();
    let mut owner = OwnerProcess::spawn(&dir.server());
    let port = port_of(&owner.url());
    owner.interrupt();
    assert_eq!(owner.says("interrupted"), "draining");
    owner.says("stopped");
    assert!(!listens(port));
}

#[tokio::test]
async fn a_second_owner_shares_the_running_server() {
    let dir = Dir::new();
    let first = server_in(&dir).start().await.unwrap();
    let second = server_in(&dir).start().await.unwrap();
    assert!(first.started_it());
    assert!(!second.started_it());
    let url = first.url("postgres");
    assert_eq!(second.url("postgres"), url);

    first.stop().await.unwrap();
    assert_eq!(ask(&url, "SELECT 1").await, "1");
    second.stop().await.unwrap();
    assert!(!listens(port_of(&url)));
}

#[tokio::test]
async fn many_processes_that_start_at_once_share_one_new_server() {
    let dir = Dir::new();
    let mut owners: Vec<_> = (0..8).map(|_| OwnerProcess::spawn(&dir.server())).collect();
    let urls: Vec<_> = owners.iter_mut().map(OwnerProcess::url).collect();
    assert!(urls.iter().all(|it| *it == urls[0]), "{urls:?}");

    let last = owners.pop().unwrap();
    for (number, owner) in owners.into_iter().enumerate() {
        if number % 2 == 0 { owner.kill() } else { owner.finish() }
    }
    assert_eq!(ask(&urls[0], "SELECT 1").await, "1");
    last.kill();
    eventually("the server stops", || !listens(port_of(&urls[0])));
}

#[tokio::test]
async fn owners_that_come_and_go_never_meet_a_server_that_is_stopping() {
    let dir = Dir::new();
    let keep = server_in(&dir).start().await.unwrap();
    run(&keep.url("postgres"), "CREATE TABLE visits (number int)").await;
    keep.stop().await.unwrap();

    let visits = (0..4).map(|visitor| {
        let builder = server_in(&dir);
        tokio::spawn(async move {
            for visit in 0..5 {
                let db = builder.clone().start().await.unwrap();
                run(&db.url("postgres"), &format!("INSERT INTO visits VALUES ({visit})")).await;
                if visitor % 2 == 0 { db.stop().await.unwrap() } else { drop(db) }
            }
        })
    });
    for visit in visits.collect::<Vec<_>>() {
        visit.await.unwrap();
    }

    let db = server_in(&dir).start().await.unwrap();
    assert_eq!(ask(&db.url("postgres"), "SELECT count(*) FROM visits").await, "20");
}

#[tokio::test]
async fn a_killed_owner_leaves_the_server_to_the_one_who_comes_next() {
    let dir = Dir::new();
    let mut first = OwnerProcess::spawn(&dir.server());
    run(&first.url(), "CREATE TABLE t AS SELECT 42 AS answer").await;
    first.kill();
    // Whether it is still running, or stopping, or has stopped.
    let second = server_in(&dir).start().await.unwrap();
    assert_eq!(ask(&second.url("postgres"), "SELECT answer FROM t").await, "42");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_lingers_waits_for_the_next_owner() {
    let dir = Dir::new();
    let lingering = server_in(&dir).linger(Duration::from_secs(3600));
    let first = lingering.clone().start().await.unwrap();
    let url = first.url("postgres");
    let began = ask(&url, "pg_postmaster_start_time()").await;
    first.stop().await.unwrap();
    let second = server_in(&dir).start().await.unwrap();
    assert!(!second.started_it());
    assert_eq!(ask(&url, "pg_postmaster_start_time()").await, began);
    // This one does not linger, and nobody else is there.
    second.stop().await.unwrap();
    assert!(!listens(port_of(&url)));
}

#[tokio::test]
async fn a_server_lingers_no_longer_than_it_should() {
    let dir = Dir::new();
    let db = server_in(&dir).linger(Duration::from_secs(1)).start().await.unwrap();
    let port = db.port();
    db.stop().await.unwrap();
    assert!(listens(port));
    eventually("the server stops", || !listens(port));
}
