use std::{fs, process::Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tenantry_devdb::testing::TestDb;
use tokio::process::Command;
use tokio_postgres::Client;

pub(crate) const USERS: (&str, &str) =
    ("0001_users.sql", "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);");
pub(crate) const PROJECTS: (&str, &str) =
    ("0002_projects.sql", "CREATE TABLE projects (id int PRIMARY KEY);");

/// A folder to run the command in, and a database.
pub(crate) struct Project {
    pub(crate) db: TestDb,
    folder: TempDir,
}

impl Project {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("migrations/tenant")).unwrap();
        Self { db: TestDb::create().await, folder }
    }

    /// With these migrations for tenants.
    pub(crate) async fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::new().await;
        for (name, sql) in files {
            project.file(&format!("migrations/tenant/{name}"), sql);
        }
        project
    }

    /// Writes a file below the folder.
    pub(crate) fn file(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The command, in the folder, with the database.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = tenantry(line);
        command.current_dir(self.folder.path()).env("DATABASE_URL", self.db.url());
        command
    }

    pub(crate) async fn run(&self, line: &str) -> Ran {
        run(self.command(line)).await
    }

    pub(crate) async fn create(&self, ids: &[&str]) {
        for id in ids {
            self.run(&format!("tenant create {id} --no-migrate")).await.done();
        }
    }

    pub(crate) async fn client(&self) -> Client {
        self.db.connect().await
    }

    /// How many schemas there are by this name.
    pub(crate) async fn schemas(&self, name: &str) -> usize {
        let sql = "SELECT FROM pg_namespace WHERE nspname = $1";
        self.client().await.query(sql, &[&name]).await.unwrap().len()
    }
}

/// The command, without the variables of whoever runs the tests. Words are parted by blanks.
pub(crate) fn tenantry(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(line.split_whitespace());
    for name in ["DATABASE_URL", "HOST", "PORT", "LOG_LEVEL", "TENANTRY_CONFIG", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command
        .env("TENANTRY_CONNECTION__RETRY__INITIAL_DELAY", "1ms")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) async fn run(mut command: Command) -> Ran {
    let output = command.output().await.unwrap();
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// It must have succeeded, and silently.
    pub(crate) fn done(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// Stdout is one JSON document, whose times and other changing figures are left out.
    pub(crate) fn json(&self) -> Value {
        let mut value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr));
        redact(&mut value);
        value
    }

    /// Everything that a person sees.
    pub(crate) fn shown(&self) -> String {
        let Self { status, stdout, stderr } = self;
        let mut shown = format!("exit status {status}\n");
        for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
            if !text.is_empty() {
                shown.push_str(&format!("--- {name}\n{text}"));
            }
        }
        redact_text(&shown)
    }
}

/// Keys whose values change from run to run.
const CHANGING: [&str; 8] = [
    "created_at",
    "updated_at",
    "duration_ms",
    "durationMs",
    "generation",
    "responseTimeMs",
    "sharedDbResponseTimeMs",
    "timestamp",
];

fn redact(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                if CHANGING.contains(&key.as_str()) && !value.is_null() {
                    *value = Value::String("…".to_owned());
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(redact),
        _ => {}
    }
}

/// Leaves out durations and moments.
fn redact_text(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = match line.rfind(" (").filter(|_| line.ends_with("ms)") || line.ends_with("s)"))
        {
            Some(at)
                if line[at + 2..].starts_with(|c: char| c.is_ascii_digit())
                    && !line.contains("tenants)") =>
            {
                format!("{} (…)", &line[..at])
            }
            _ => line.to_owned(),
        };
        let line = match line.find("20").filter(|at| is_moment(&line[*at..])) {
            Some(at) => format!("{}YYYY-MM-DD hh:mm{}", &line[..at], &line[at + 16..]),
            None => line,
        };
        let line = match line.strip_prefix("Created     ").or(line.strip_prefix("Updated     ")) {
            Some(_) => format!("{}…", &line[..12]),
            None => line,
        };
        lines.push(line);
    }
    lines.join("\n")
}

fn is_moment(text: &str) -> bool {
    let pattern = "0000-00-00 00:00";
    text.len() >= pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            like => byte == like,
        })
}
