use std::path::PathBuf;
use std::time::Duration;

use crate::devdb::DevDb;
use crate::error::Result;
use crate::installation::Installation;
use crate::mode::Mode;
use crate::plan::Plan;

/// How a private PostgreSQL is to be run. Made by [`DevDb::builder`].
///
/// If the server is already running when [`start`](Self::start) attaches to it, it keeps the
/// settings it was started with.
#[derive(Debug, Clone, Default)]
#[must_use = "nothing starts before `start().await`"]
pub struct DevDbBuilder {
    plan: Plan,
}

impl DevDbBuilder {
    /// The directory to keep the database in, made if it is missing.
    ///
    /// Without it the database is a temporary one, deleted when the server stops.
    ///
    /// When this program is root, PostgreSQL runs as another account. If that cannot reach this
    /// directory, one below `/var/tmp` is taken instead, always the same one for the same
    /// directory: see [`DevDb::data_dir`] and [`DevDb::asked_data_dir`].
    pub fn data_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.plan.data_dir = Some(dir.into());
        self
    }

    /// Whether commits are durable (the default) or fast.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.plan.mode = mode;
        self
    }

    /// The port to listen on at 127.0.0.1, and no other.
    ///
    /// Without it, the port of the last run is taken if it is free, and else any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.plan.port = Some(port);
        self
    }

    /// How many connections PostgreSQL takes; its own default is 100.
    pub fn max_connections(self, count: u32) -> Self {
        self.setting("max_connections", count.to_string())
    }

    /// A setting of `postgresql.conf`, as in `.setting("work_mem", "8MB")`.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.plan.extra.push((name.into(), value.into()));
        self
    }

    /// The programs to use, instead of those that [`find_installation`](crate::find_installation)
    /// finds.
    pub fn installation(mut self, installation: Installation) -> Self {
        self.plan.installation = Some(installation);
        self
    }

    /// How long PostgreSQL may take until it takes connections, recovery from a crash included;
    /// one minute by default.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.plan.start_timeout = timeout;
        self
    }

    /// How long the server goes on without an owner, waiting for the next one, in whole seconds;
    /// not at all by default.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.plan.afterwards.linger = linger;
        self
    }

    /// Starts the server, or attaches to it if another program has started it, and waits until it
    /// takes connections.
    ///
    /// Dropping the future does not interrupt the start; the server is then stopped when it has
    /// started.
    ///
    /// # Errors
    ///
    /// `POSTGRES_NOT_FOUND`, `POSTGRES_VERSION_MISMATCH`, `NO_SERVER_ACCOUNT`, `DATA_DIR_INVALID`,
    /// `DATA_DIR_BUSY`, `SETTING_INVALID`, `PORT_TAKEN`, `PERMISSION_DENIED`, `DISK_FULL`,
    /// `INITDB_FAILED`, `START_FAILED`, `START_TIMEOUT`, `FOREIGN_SERVER` and `IO_ERROR`.
    pub async fn start(self) -> Result<DevDb> {
        self.plan.check()?;
        crate::blocking::run(move || DevDb::open(self.plan)).await
    }
}
