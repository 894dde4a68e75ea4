//! Which databases are in use: each has a file that its process holds a lock on while it lives.

use std::fs::{self, File};
use std::path::PathBuf;

use tokio_postgres::NoTls;

use crate::devdb::DevDb;
use crate::error::{DevDbError, Result};
use crate::lock;

/// What the names of all tests' databases begin with.
pub(super) const PREFIX: &str = "test_";

/// A database's mark of being in use.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    _lock: File,
}

impl Lease {
    /// To be taken before the database is created.
    pub(super) fn take(server: &DevDb, database: &str) -> Result<Self> {
        let dir = server.data_dir().join("databases");
        fs::create_dir_all(&dir).map_err(DevDbError::io("create", &dir))?;
        let path = dir.join(database);
        match lock::try_exclusive(&path)? {
            Some(lock) => Ok(Self { path, _lock: lock }),
            None => Err(DevDbError::data_dir(&path, "the database is in use")),
        }
    }

    /// To be called when the database is gone.
    pub(super) fn end(self) {
        // A file that stays says nothing: without a lock it is nobody's.
        let _ = fs::remove_file(&self.path);
    }
}

/// Drops the databases of processes that ended without doing so, and no others.
pub(super) async fn sweep(server: &DevDb) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(&server.url("postgres"), NoTls)
        .await
        .map_err(DevDbError::database("connect"))?;
    let driver = tokio::spawn(connection);
    let names = format!("SELECT datname FROM pg_database WHERE starts_with(datname, '{PREFIX}')");
    let rows = client.query(&names, &[]).await;
    for row in rows.map_err(DevDbError::database("list its databases"))? {
        let name: String = row.get(0);
        let Ok(lease) = Lease::take(server, &name) else {
            continue;
        };
        tracing::debug!(database = %name, "dropping what a test left");
        let dropped = client.batch_execute(&drop_statement(&name)).await;
        dropped.map_err(DevDbError::database("drop a database"))?;
        lease.end();
    }
    drop(client);
    // The connection's end has nothing to tell that the answers have not told.
    let _ = driver.await;
    Ok(())
}

pub(super) fn drop_statement(database: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestServer;

    #[tokio::test]
    async fn only_what_dead_tests_left_is_swept() {
        let server = TestServer::start().await.unwrap();
        let db = server.db();
        for name in ["test_killed", "test_alive", "projects"] {
            db.create_database(name).await.unwrap();
        }
        let killed = Lease::take(db, "test_killed").unwrap();
        // What the kernel does when a process ends: the file stays, and the lock goes.
        drop(killed);
        let _alive = Lease::take(db, "test_alive").unwrap();

        sweep(db).await.unwrap();

        let (client, connection) =
            tokio_postgres::connect(&server.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        let query = "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1";
        let rows = client.query(query, &[]).await.unwrap();
        let left: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(left, ["postgres", "projects", "test_alive"]);
        assert!(!db.data_dir().join("databases/test_killed").exists());
    }
}
