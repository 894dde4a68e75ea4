use std::sync::Arc;

use crate::blocking;
use crate::builder::DevDbBuilder;
use crate::devdb::DevDb;
use crate::error::Result;
use crate::mode::Mode;
use crate::server;

/// A server of its own for a test that stops it, kills it, or needs it to be small. Its data is
/// temporary; dropping it stops the server and deletes the data.
///
/// It listens at the same address after each start, so that pools under test find it again.
#[derive(Debug)]
pub struct TestServer {
    db: Arc<DevDb>,
}

impl TestServer {
    /// Starts a server in [`Mode::Fast`], except that a crash loses no commit.
    ///
    /// # Errors
    ///
    /// As [`DevDbBuilder::start`].
    pub async fn start() -> Result<Self> {
        Self::start_with(|builder| builder).await
    }

    /// Starts a server with other settings than [`start`](Self::start):
    /// `TestServer::start_with(|it| it.max_connections(20))`.
    ///
    /// # Errors
    ///
    /// As [`DevDbBuilder::start`].
    pub async fn start_with(configure: impl FnOnce(DevDbBuilder) -> DevDbBuilder) -> Result<Self> {
        // What was committed before a crash must be there after it, and a file that is written but
        // not forced to the disk survives the crash of a process.
        let builder = DevDb::builder().mode(Mode::Fast).setting("synchronous_commit", "on");
        let db = configure(builder).start().await?;
        Ok(Self { db: Arc::new(db) })
    }

    /// The URL of a database of this server. `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        self.db.url(database)
    }

    /// The server.
    pub fn db(&self) -> &DevDb {
        &self.db
    }

    /// Shuts PostgreSQL down, fast: clients are disconnected. Waits until it has ended.
    ///
    /// # Errors
    ///
    /// `STOP_TIMEOUT`, `DATA_DIR_BUSY`.
    pub async fn stop(&self) -> Result<()> {
        let db = Arc::clone(&self.db);
        blocking::run(move || db.halt(server::PATIENTLY)).await
    }

    /// Kills PostgreSQL with SIGKILL, as a crash would. Waits until its last process has ended.
    ///
    /// # Errors
    ///
    /// `STOP_TIMEOUT`, `DATA_DIR_BUSY`.
    pub async fn kill(&self) -> Result<()> {
        let db = Arc::clone(&self.db);
        blocking::run(move || db.halt(server::BRUTALLY)).await
    }

    /// Starts PostgreSQL again after [`stop`](Self::stop) or [`kill`](Self::kill), and waits until
    /// it takes connections. If it is running, it is stopped first.
    ///
    /// # Errors
    ///
    /// As [`DevDbBuilder::start`].
    pub async fn restart(&self) -> Result<()> {
        let db = Arc::clone(&self.db);
        blocking::run(move || db.resume()).await
    }
}
