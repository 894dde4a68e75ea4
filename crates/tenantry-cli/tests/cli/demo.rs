use std::{net::SocketAddr, path::Path, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
};

use crate::support::{Project, run, tenantry};

/// A demo that is ready.
struct Demo {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
    /// What it said up to then.
    said: String,
}

impl Demo {
    async fn start(mut command: Command) -> Self {
        let mut child = command.env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
            said.push('\n');
            if let Some(address) = line.strip_prefix("listening on http://") {
                return Self { child, lines, address: address.parse().unwrap(), said };
            }
        }
        let output = child.wait_with_output().await.unwrap();
        panic!("it ended: {said}{}", String::from_utf8_lossy(&output.stderr));
    }

    async fn get(&self, path: &str, tenant: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: demo\r\nX-Tenant-ID: {tenant}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// The rest of what it says, after a signal.
    async fn stop(mut self, signal: Signal) -> String {
        let pid = Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let mut rest = String::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            rest.push_str(&line);
            rest.push('\n');
        }
        let output = self.child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        rest
    }
}

fn demo_in(folder: &Path) -> Command {
    let mut command = tenantry("demo");
    command.current_dir(folder);
    command
}

#[tokio::test]
async fn on_its_own_it_starts_postgresql_serves_and_keeps_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(demo_in(folder.path())).await;
    assert!(
        demo.said.contains("Tenant acme, in schema tenant_acme: applied 0001_"),
        "{}",
        demo.said
    );
    let first = demo.get("/projects", "acme").await;
    assert!(first.starts_with("HTTP/1.1 200") && first.contains("Launch of acme"), "{first}");
    assert!(demo.get("/projects", "nobody").await.starts_with("HTTP/1.1 404"));

    let mut status = tenantry("--config .demo/tenantry.toml status --check");
    status.current_dir(folder.path());
    assert!(run(status).await.done().contains("│ globex │"));

    let rest = demo.stop(Signal::INT).await;
    assert!(rest.contains("curl -X POST http://127.0.0.1:"), "{rest}");
    assert!(!rest.contains("{projectId}"), "the commands work as they are: {rest}");
    let mut status = tenantry("--config .demo/tenantry.toml status");
    status.current_dir(folder.path());
    assert_eq!(run(status).await.status, 3, "its PostgreSQL has stopped");

    let demo = Demo::start(demo_in(folder.path())).await;
    assert!(demo.said.contains("Tenant acme, in schema tenant_acme: as it was"), "{}", demo.said);
    let again = demo.get("/projects", "acme").await;
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&again), body(&first));
    demo.stop(Signal::TERM).await;
}

#[tokio::test]
async fn with_a_database_url_it_uses_that_server() {
    let project = Project::new().await;
    let demo = Demo::start(project.command("demo")).await;
    assert!(demo.said.contains("PostgreSQL: the configured one"), "{}", demo.said);
    assert!(demo.get("/users", "globex").await.contains("ada@globex.example"));
    assert_eq!(project.schemas("tenant_globex").await, 1);
    demo.stop(Signal::INT).await;
    let sql = "SELECT FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    assert!(project.client().await.query(sql, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_before_anything_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let mut command = demo_in(folder.path());
    command.env("PORT", port.to_string());
    let ran = run(command).await;
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", ran.stderr);
    assert!(!folder.path().join(".demo").exists());
}
