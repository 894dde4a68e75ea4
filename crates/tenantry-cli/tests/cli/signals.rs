use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio_postgres::Client;

use crate::support::{Project, USERS};

/// A file that waits for whoever holds the lock.
const WAITS: (&str, &str) =
    ("0002_waits.sql", "CREATE TABLE waited (); SELECT pg_advisory_xact_lock(7);");

pub(crate) fn interrupt(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}

async fn wait_for(client: &Client, sql: &str) {
    while client.query(sql, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

const WAITING: &str = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A run that is in the middle of a file, and who lets it go on.
async fn in_the_middle(project: &Project) -> (Child, Client) {
    project.create(&["acme", "globex"]).await;
    let client = project.client().await;
    client.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let child =
        project.command("migrate --all --concurrency 1").stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&client, WAITING).await;
    (child, client)
}

#[tokio::test]
async fn ctrl_c_finishes_the_file_and_says_what_is_left() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

    let project = Project::with(&[USERS, WAITS, ("0003_last.sql", "CREATE TABLE last ();")]).await;
    let (mut child, client) = in_the_middle(&project).await;
    interrupt(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).await.unwrap();
    client.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    stderr.read_to_string(&mut said).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130));
    insta::assert_snapshot!(said, @r"
    stopping when the files under way are done; once more, to roll them back
    left: acme: 0003_last.sql
    left: globex: 0001_users.sql, 0002_waits.sql, 0003_last.sql
    hint: go on with what is left: tenantry migrate --resume 1
    ");
    let left = project.run("--json status").await.json();
    assert_eq!(left["tenants"][0]["applied"], 2);
    project.run("migrate --all").await.done();
}

#[tokio::test]
async fn a_second_ctrl_c_rolls_back_and_waits_until_that_is_done() {
    let project = Project::with(&[USERS, WAITS]).await;
    let (mut child, client) = in_the_middle(&project).await;
    interrupt(&child);
    let mut stderr = tokio::io::BufReader::new(child.stderr.take().unwrap());
    tokio::io::AsyncBufReadExt::read_line(&mut stderr, &mut String::new()).await.unwrap();
    interrupt(&child);
    let status = child.wait().await.unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(client.query(WAITING, &[]).await.unwrap().is_empty(), "nothing runs any more");
    let status = project.run("--json status").await.json();
    assert_eq!(status["tenants"][0]["applied"], 1);
}

#[tokio::test]
async fn an_interrupted_creation_leaves_nothing() {
    let project = Project::with(&[USERS, WAITS]).await;
    let client = project.client().await;
    client.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let mut child = project.command("tenant create acme").spawn().unwrap();
    wait_for(&client, WAITING).await;
    interrupt(&child);
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    assert_eq!(project.schemas("tenant_acme").await, 0);
    assert!(project.run("tenant list").await.done().contains("no tenants yet"));
}
