//! The servers that are measured: how each is started, and how it ends.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::arguments::ContestantName;
use crate::failure::{Doing as _, Failure, Result};
use crate::{tenants, workspace};

/// What is not the same in every benchmark.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Connections for work, the same for all that have a budget.
    pub(crate) connections: usize,
    /// The program of projects-api, if it is not the usual one.
    pub(crate) program: Option<PathBuf>,
    /// Variables of projects-api's environment.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { connections: 16, program: None, settings: Vec::new() }
    }
}

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(30);
/// How long a server may take to end by itself.
const STOP: Duration = Duration::from_secs(10);

impl ContestantName {
    pub(crate) const ALL: [Self; 5] = [
        Self::BareTokioPostgres,
        Self::BareDiesel,
        Self::ProjectsApi,
        Self::NodeDefaults,
        Self::NodeExample,
    ];

    /// What the tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::BareTokioPostgres => "bare axum, tokio-postgres",
            Self::BareDiesel => "bare axum, diesel-async",
            Self::ProjectsApi => "projects-api (Tenantry)",
            Self::NodeDefaults => "Node, 50 pools of 10",
            Self::NodeExample => "Node, 100 pools of 20",
        }
    }

    /// Whether it knows tenants at all.
    pub(crate) fn has_tenants(self) -> bool {
        !matches!(self, Self::BareTokioPostgres | Self::BareDiesel)
    }

    /// What has to be there to start it, with the command that makes it.
    pub(crate) fn needs(self) -> (PathBuf, &'static str) {
        match self {
            Self::BareTokioPostgres | Self::BareDiesel => {
                (workspace::bench().to_owned(), "a clone of the repository")
            }
            Self::ProjectsApi => (
                workspace::production_binary("projects-api"),
                "cargo build --profile production -p projects-api",
            ),
            Self::NodeDefaults | Self::NodeExample => {
                (workspace::bench().join("node/node_modules"), "npm ci --prefix bench/node")
            }
        }
    }

    fn command(self, setup: &Setup) -> Result<Command> {
        let own = |driver: &str| -> Result<Command> {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["bare", "--driver", driver]);
            command.args(["--connections", &setup.connections.to_string()]);
            command.args(["--schema", &tenants::schema(&tenants::id(1))]);
            Ok(command)
        };
        let node = |pools: &str| {
            let mut command = Command::new("node");
            command.arg("server.js").current_dir(workspace::bench().join("node"));
            command.env("NODE_ENV", "production").env("POOLS", pools);
            command
        };
        Ok(match self {
            Self::BareTokioPostgres => own("tokio-postgres")?,
            Self::BareDiesel => own("diesel")?,
            Self::ProjectsApi => {
                let usual = || workspace::production_binary("projects-api");
                let mut command = Command::new(setup.program.clone().unwrap_or_else(usual));
                command.current_dir(workspace::projects_api());
                // One more, for the catalog's listener.
                let budget = (setup.connections + 1).to_string();
                command.env("TENANTRY_CONNECTION__MAX_CONNECTIONS", budget);
                command.envs(setup.settings.iter().map(|(name, value)| (*name, value)));
                command
            }
            Self::NodeDefaults => node("defaults"),
            Self::NodeExample => node("example"),
        })
    }

    /// Starts it on a free port and waits until it listens.
    pub(crate) async fn start(self, database_url: &str, setup: &Setup) -> Result<Server> {
        let mut command = self.command(setup)?;
        command.env("DATABASE_URL", database_url);
        start(command, self.title()).await
    }
}

/// Starts a server on a free port and waits until it listens.
pub(crate) async fn start(mut command: Command, title: &str) -> Result<Server> {
    let what = || format!("cannot start {title}");
    let mut child = command
        .env("HOST", "127.0.0.1")
        .env("PORT", "0")
        .env("LOG_LEVEL", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing(what())?;
    let output = child.stdout.take().ok_or_else(|| Failure::new(what()))?;
    let mut lines = BufReader::new(output).lines();
    let address = timeout(START, listening(&mut lines)).await.doing(what())?.doing(what())?;
    // Read on, so that the server never waits for its output to be read.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Server { child, address })
}

/// A contestant that runs. Killed when dropped; better stopped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process; nothing once it has ended.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end, and ends it if it does not.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let id = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            kill_process(id, Signal::TERM)?;
        }
        if let Ok(ended) = timeout(STOP, self.child.wait()).await {
            let _: ExitStatus = ended?;
            return Ok(());
        }
        Ok(self.child.kill().await?)
    }
}

/// The address in the line `… on http://…`.
async fn listening(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<SocketAddr> {
    while let Some(line) = lines.next_line().await? {
        if let Some((_, address)) = line.split_once(" on http://") {
            return address.trim().parse().doing(format_args!("no address in {line:?}"));
        }
    }
    Err(Failure::new("it ended before it listened"))
}
