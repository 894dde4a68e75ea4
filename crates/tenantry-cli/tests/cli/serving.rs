use std::{fs, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::support::{run, tenantry};

const ROUTES: &str = "export default async (fastify) => {
  fastify.get('/', async (request) => ({ tenant: request.tenantId }))
  fastify.get('/slow', async () => { await new Promise((done) => setTimeout(done, 500)); return 'slow' })
}";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tenants")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn serve(folder: &TempDir, line: &str) -> Command {
    let mut command = tenantry(line);
    command.current_dir(folder.path());
    command
}

/// Until it says where it listens.
async fn listening(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    // What follows is read to its end, or the command could not write it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    line.rsplit("http://").next().unwrap().to_owned()
}

async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nx-tenant-id: acme\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn terminate(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
}

#[tokio::test]
async fn sigterm_lets_requests_end_and_exits_with_0() {
    let folder = folder(&[("tenants/acme/routes/index.mjs", ROUTES)]);
    let mut child = serve(&folder, "serve --port 0").spawn().unwrap();
    let address = listening(&mut child).await;
    assert!(get(&address, "/").await.ends_with(r#"{"tenant":"acme"}"#));
    let slow: Vec<_> = (0..4)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { get(&address, "/slow").await })
        })
        .collect();
    // They are under way.
    loop {
        let health = get(&address, "/health").await;
        let body: Value = serde_json::from_str(health.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        if body["requestsOpen"].as_u64().unwrap() == 4 {
            break;
        }
    }
    terminate(&child);
    for one in slow {
        assert!(one.await.unwrap().ends_with("slow"), "a request under way is answered");
    }
    let status = child.wait().await.unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn the_banner_says_who_is_served_and_what_is_broken() {
    let folder = folder(&[
        ("tenants/acme/routes/index.mjs", ROUTES),
        ("tenants/acme/services/Mail.mjs", "export default class Mail {}"),
        ("tenants/acme/config.json", r#"{"name": "Acme Inc."}"#),
        ("tenants/globex/config.json", r#"{"active": false}"#),
        ("tenants/initech/routes/index.mjs", "export default (\n"),
        ("tenants/Not One/config.json", "{}"),
    ]);
    let child = serve(&folder, "serve --port 0 --quiet").spawn().unwrap();
    let shown = banner(child).await;
    let shown: Vec<&str> = shown.lines().filter(|line| !line.contains("http://")).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// All that is on stdout once it listens.
async fn banner(mut child: Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut shown = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        shown.push_str(&line);
        shown.push('\n');
        if line == "Ctrl-C stops" {
            break;
        }
    }
    terminate(&child);
    child.wait().await.unwrap();
    shown
}

#[tokio::test]
async fn what_is_configured_wrongly_is_told_before_anything_starts() {
    let folder = folder(&[]);
    let missing = run(serve(&folder, "serve --tenants nowhere")).await;
    assert_eq!(missing.status, 2, "{missing:?}");
    fs::write(folder.path().join("tenantry.toml"), "[tenants]\nmaxConcurrent = 0\n").unwrap();
    let wrong = run(serve(&folder, "serve")).await;
    assert_eq!(wrong.status, 2);
    assert!(
        wrong.stderr.contains("tenants.max_concurrent = 0 (tenantry.toml, line 2)"),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_start_is_told_with_what_to_do() {
    let folder = folder(&[("tenants/acme/routes/index.mjs", ROUTES)]);
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let in_use = run(serve(&folder, &format!("serve --port {port}"))).await;
    assert_eq!(in_use.status, 1);
    assert!(in_use.stderr.contains("take another port with --port"), "{in_use:?}");
    fs::remove_dir_all(folder.path().join("tenants")).unwrap();
    let unwatched = run(serve(&folder, "serve --port 0 --watch")).await;
    assert_eq!(unwatched.status, 2);
    assert!(unwatched.stderr.contains("make it, with a folder for each tenant"), "{unwatched:?}");
}

#[tokio::test]
async fn the_banner_says_how_a_tenant_is_asked_and_it_answers() {
    let folder = folder(&[
        ("tenants/acme/routes/index.mjs", ROUTES),
        ("tenantry.toml", "[server.identification]\nheader = \"x-shop\"\n"),
    ]);
    let child = serve(&folder, "--quiet serve --port 0").spawn().unwrap();
    let shown = banner(child).await;
    assert!(shown.contains("/ -H 'x-shop: acme'"), "{shown}");
}

#[tokio::test]
async fn a_database_that_is_away_is_exit_status_3() {
    let folder = folder(&[]);
    let mut command = serve(&folder, "serve --port 0");
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none?sslmode=disable");
    assert_eq!(run(command).await.status, 3);
}

#[tokio::test]
async fn as_json_the_banner_is_a_document_and_so_is_each_line_of_the_log() {
    let folder = folder(&[(
        "tenants/acme/routes/index.mjs",
        "export default async (fastify) => { fastify.get('/', async (request) => { request.log.warn('said'); return 'x' }) }",
    )]);
    let mut child = serve(&folder, "--json serve --port 0").stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    let ready: Value = loop {
        text.push_str(&lines.next_line().await.unwrap().unwrap());
        if let Ok(ready) = serde_json::from_str(&text) {
            break ready;
        }
    };
    assert_eq!(ready["stats"]["tenants"][0]["id"], "acme");
    let address = ready["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
    assert!(get(&address, "/").await.ends_with('x'));
    terminate(&child);
    let output = child.wait_with_output().await.unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let said: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(said.iter().any(|line| line["tenant"] == "acme"), "{log}");
}
