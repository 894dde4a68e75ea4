use std::fmt;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_postgres::{Client, NoTls};

use super::leases::{self, Lease, PREFIX};
use super::shared::shared_server;
use crate::devdb::DevDb;
use crate::error::{DevDbError, Result};

/// How long a test waits for its database to be dropped. PostgreSQL may be waiting for us: a connection
/// that the test's blocked runtime is just opening keeps `DROP DATABASE` waiting until it has logged
/// in. The server goes on without us, and what it does not drop the next start does.
const PATIENCE: Duration = Duration::from_secs(1);

/// A database of its own for a test, new and empty, in the [shared server](shared_server). Dropping
/// it drops the database, with whatever is still connected to it.
///
/// A test that is killed leaves its database to be dropped when the server starts the next time.
pub struct TestDb {
    server: &'static DevDb,
    name: String,
    /// There until the database is dropped.
    lease: Option<Lease>,
}

impl TestDb {
    /// A new, empty database.
    ///
    /// # Panics
    ///
    /// When [`try_create`](Self::try_create) fails, with its error's text: a test cannot go on
    /// without its database.
    pub async fn create() -> Self {
        match Self::try_create().await {
            Ok(database) => database,
            Err(error) => panic!("no database for this test: {}", with_sources(&error)),
        }
    }

    /// A new, empty database.
    ///
    /// # Errors
    ///
    /// As [`shared_server`], and `DATABASE_ERROR`.
    pub async fn try_create() -> Result<Self> {
        let server = shared_server().await?;
        let name = new_name();
        let lease = Lease::take(server, &name)?;
        let client = connect(&server.url("postgres")).await?;
        // From template0, which nobody can be connected to: template1 would be refused while
        // anybody is.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        if let Err(error) = client.batch_execute(&create).await {
            lease.end();
            return Err(DevDbError::database("create a database")(error));
        }
        Ok(Self { server, name, lease: Some(lease) })
    }

    /// Its URL, for the superuser.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of the server's database `postgres`, for looking at the server as a whole.
    pub fn cluster_url(&self) -> String {
        self.server.url("postgres")
    }

    /// A connection to it, outside of whatever is tested, driven by a task of the current runtime.
    ///
    /// # Panics
    ///
    /// When PostgreSQL refuses it.
    pub async fn connect(&self) -> Client {
        match connect(&self.url()).await {
            Ok(client) => client,
            Err(error) => panic!("no connection for this test: {}", with_sources(&error)),
        }
    }
}

impl fmt::Debug for TestDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDb").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else {
            return;
        };
        let (url, statement) = (self.cluster_url(), leases::drop_statement(&self.name));
        let (ended, end) = mpsc::channel();
        // A thread and a runtime of its own: the test's may be waiting for us, or gone.
        thread::spawn(move || {
            let dropped = drop_database(&url, &statement);
            if dropped.is_ok() {
                lease.end();
            }
            // Nobody listens after PATIENCE.
            let _ = ended.send(dropped);
        });
        if let Ok(Err(error)) = end.recv_timeout(PATIENCE) {
            tracing::warn!(database = %self.name, %error, "the next start drops it");
        }
    }
}

fn drop_database(url: &str, statement: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(DevDbError::io("make a runtime for", url.as_ref()))?;
    runtime.block_on(async {
        let client = connect(url).await?;
        client.batch_execute(statement).await.map_err(DevDbError::database("drop a database"))
    })
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(DevDbError::database("connect"))?;
    tokio::spawn(async move {
        // Whoever uses the client gets the error too.
        let _ = connection.await;
    });
    Ok(client)
}

/// A name that no other test has or had: process ids come again, moments don't.
fn new_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{PREFIX}{}_{:x}_{count}", process::id(), now.as_nanos())
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(&format!(": {source}"));
        next = source.source();
    }
    text
}
