//! What the tests share: directories, processes that own a server, and waiting for things.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tenantry_devdb::{DevDb, DevDbBuilder, Mode};
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::{Client, NoTls};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory that PostgreSQL's account can reach also when we are root; gone with the test.
pub(crate) struct Dir(tempfile::TempDir);

impl Dir {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        if is_root() {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(dir.path(), open).unwrap();
        }
        Self(dir)
    }

    /// Where the server of the test is to be.
    pub(crate) fn server(&self) -> PathBuf {
        self.0.path().join("server")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A server in this directory, fast.
pub(crate) fn server_in(dir: &Dir) -> DevDbBuilder {
    DevDb::builder().data_dir(dir.server()).mode(Mode::Fast)
}

pub(crate) async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The one value that a query of one row gives, as text.
pub(crate) async fn ask(url: &str, query: &str) -> String {
    let client = connect(url).await.unwrap();
    let row = client.query_one(&format!("SELECT ({query})::text"), &[]).await.unwrap();
    row.get(0)
}

pub(crate) async fn run(url: &str, statements: &str) {
    connect(url).await.unwrap().batch_execute(statements).await.unwrap();
}

/// Waits until it is true.
pub(crate) fn eventually(what: &str, mut is_true: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_true() {
        assert!(begin.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The process id of the postmaster in this directory.
pub(crate) fn postmaster(server: &Path) -> i32 {
    let text = fs::read_to_string(server.join("data/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

pub(crate) fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

/// The files in a directory, by name.
pub(crate) fn names_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The variable by which a process knows that it is to own a server, and where.
const OWNS: &str = "TENANTRY_DEVDB_TEST_OWNS";

/// A process of its own that owns a server. Killed when dropped.
pub(crate) struct OwnerProcess {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl OwnerProcess {
    /// Starts the process. It is not yet an owner.
    pub(crate) fn spawn(server: &Path) -> Self {
        Self::spawn_with(server, &[])
    }

    pub(crate) fn spawn_with(server: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "support::the_process_of_an_owner", "--nocapture"])
            .env(OWNS, server)
            .envs(environment.iter().copied())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it says something that begins with this word, and gives the rest.
    pub(crate) fn says(&mut self, word: &str) -> String {
        for line in &mut self.lines {
            let line = line.unwrap();
            if let Some(rest) = line.split_once(&format!("owner: {word} ")) {
                return rest.1.to_owned();
            }
        }
        panic!("the owner ended without saying {word}");
    }

    /// Waits until it owns the server, and gives its URL.
    pub(crate) fn url(&mut self) -> String {
        self.says("url")
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What Ctrl-C does at a terminal.
    pub(crate) fn interrupt(&self) {
        let group = Pid::from_child(&self.child);
        kill_process_group(group, Signal::INT).unwrap();
    }

    /// Lets it stop in the proper way, and waits until it has ended.
    pub(crate) fn finish(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for OwnerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test, but what a process does that a test has started to own a server.
#[tokio::test]
async fn the_process_of_an_owner() {
    let Some(server) = std::env::var_os(OWNS) else {
        return;
    };
    let db = DevDb::builder().data_dir(server).mode(Mode::Fast).start().await;
    let db = match db {
        Ok(db) => db,
        Err(error) => {
            println!("\nowner: error {} {}", error.code(), error.to_string().replace('\n', "|"));
            return;
        }
    };
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    println!("\nowner: url {}", db.url("postgres"));
    let told_to_finish = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)
    });
    tokio::select! {
        _ = told_to_finish => {}
        _ = interrupt.recv() => {
            let state = ask(&db.url("postgres"), "SELECT 'draining'").await;
            println!("\nowner: interrupted {state}");
        }
    }
    db.stop().await.unwrap();
    println!("\nowner: stopped well");
    // The thread that reads would keep the runtime from ending.
    std::process::exit(0);
}
