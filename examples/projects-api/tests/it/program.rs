use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

use tenantry_devdb::testing::TestDb;

use crate::support::{connect, create};

/// The program, running.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

fn command(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_projects-api"));
    command.env_clear().env("DATABASE_URL", url).env("PORT", "0").env("LOG_LEVEL", "off");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Program {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect(&line).to_owned();
        Self { child, stdout, address }
    }

    /// The answer to a request, as it came.
    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Ends it by a signal: its exit code, and what else it wrote to stdout.
    fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }
}

#[tokio::test]
async fn it_serves_until_a_signal_and_exits_0() {
    let db = TestDb::create().await;
    create(&connect(&db.url()).await, "acme").await;
    for signal in ["-TERM", "-INT"] {
        let program = Program::start(command(&db.url()));
        assert!(program.address.starts_with("127.0.0.1:"), "{}", program.address);
        let answer = program.ask(
            "GET /projects HTTP/1.1\r\nhost: x\r\nx-tenant-id: acme\r\nconnection: close\r\n\r\n",
        );
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("[]"), "{answer}");
        // A connection that is kept alive does not hold it up.
        let _idle = TcpStream::connect(&program.address).unwrap();
        assert_eq!(program.stop(signal), (Some(0), String::new()));
    }
}

#[tokio::test]
async fn it_reads_a_dot_env_file() {
    let db = TestDb::create().await;
    let folder = std::env::temp_dir().join(db.name());
    std::fs::create_dir(&folder).unwrap();
    let file = format!("DATABASE_URL={}\nPORT=0\nLOG_LEVEL=off\n", db.url());
    std::fs::write(folder.join(".env"), file).unwrap();
    let mut command = command("");
    command.env_clear().current_dir(&folder);
    let program = Program::start(command);
    assert!(program.ask("GET /health HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200"));
    assert_eq!(program.stop("-TERM").0, Some(0));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn it_logs_requests_and_faults_with_their_id() {
    let db = TestDb::create().await;
    create(&connect(&db.url()).await, "acme").await;
    let client = db.connect().await;
    client.batch_execute("DROP TABLE tenant_acme.tasks").await.unwrap();
    for level in ["info", "error"] {
        let mut command = command(&db.url());
        command.env("LOG_LEVEL", level).env("NO_COLOR", "1");
        let mut program = Program::start(command);
        let answer = program.ask(
            "GET /tasks HTTP/1.1\r\nhost: x\r\nx-tenant-id: acme\r\nx-request-id: find-me\r\n\
             connection: close\r\n\r\n",
        );
        assert!(answer.contains("DATABASE_ERROR") && !answer.contains("tasks"), "{answer}");
        let mut stderr = program.child.stderr.take().unwrap();
        assert_eq!(program.stop("-TERM").0, Some(0));
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        let fault = log.lines().find(|line| line.contains("ERROR")).expect("a fault");
        assert!(fault.contains("find-me") && fault.contains("42P01"), "{fault}");
        let answered = log.lines().find(|line| line.contains("answered"));
        assert_eq!(answered.is_some(), level == "info", "{log}");
        let told = |line: &str| line.contains("tenant=\"acme\"") && line.contains("find-me");
        assert!(answered.is_none_or(told), "{log}");
    }
}

#[test]
fn what_is_wrong_with_its_settings_is_told() {
    let cases = [
        (("PORT", "http"), "PORT=\"http\""),
        (("LOG_LEVEL", "loud"), "LOG_LEVEL=\"loud\""),
        (("DATABASE_URL", "mysql://x"), "connection.url"),
    ];
    for ((name, value), told) in cases {
        let mut command = command("postgres://127.0.0.1:1/x");
        let output = command.env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(told), "{stderr}");
    }
}
