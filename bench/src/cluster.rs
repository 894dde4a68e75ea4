//! The PostgreSQL all contestants share.

use std::path::PathBuf;

use tenantry_devdb::{DevDb, Mode, find_installation};
use tokio_postgres::{Client, NoTls};

use crate::arguments::{self, Commits};
use crate::failure::{Doing as _, Failure, Result};

/// What Node needs as its example configures it: some 300 at 100 tenants, and a few to spare.
const MAX_CONNECTIONS: u32 = 500;

/// A server reached over loopback by a role that may create databases.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// A URL up to the database's name.
    base: String,
    /// What followed the database's name.
    parameters: String,
    /// The database to be in while making others.
    maintenance: String,
    /// The server, if it was started for this and ends with it.
    private: Option<DevDb>,
}

impl Cluster {
    /// Uses the server that was asked for, or starts a private one.
    pub(crate) async fn start(server: &arguments::Server, commits: Commits) -> Result<Self> {
        match &server.database_url {
            Some(url) => Self::at(url),
            None => Self::private(commits).await,
        }
    }

    /// Starts a server in an empty data directory of its own.
    async fn private(commits: Commits) -> Result<Self> {
        let mode = match commits {
            Commits::Durable => Mode::Durable,
            Commits::Fast => Mode::Fast,
        };
        let server = DevDb::builder()
            .mode(mode)
            .max_connections(MAX_CONNECTIONS)
            // Its workers would wake in the middle of somebody's turn.
            .setting("autovacuum", "off")
            .start()
            .await
            .doing("cannot start PostgreSQL")?;
        let cluster = Self::at(&server.url("postgres"))?;
        Ok(Self { private: Some(server), ..cluster })
    }

    fn at(url: &str) -> Result<Self> {
        let (address, parameters) = match url.split_once('?') {
            Some((address, parameters)) => (address, format!("?{parameters}")),
            None => (url, String::new()),
        };
        let (base, maintenance) = address
            .rsplit_once('/')
            .filter(|(base, _)| base.contains("://") && !base.ends_with('/'))
            .ok_or_else(|| {
                Failure::new("the URL must be like postgres://user@host:port/database")
            })?;
        Ok(Self {
            base: base.to_owned(),
            parameters,
            maintenance: maintenance.to_owned(),
            private: None,
        })
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.base, self.parameters)
    }

    pub(crate) async fn connect(&self, database: &str) -> Result<Client> {
        connect(&self.url(database)).await
    }

    /// Makes a database anew, empty or as a copy of another.
    pub(crate) async fn recreate(&self, database: &str, template: Option<&str>) -> Result<()> {
        self.drop(database).await?;
        let admin = self.connect(&self.maintenance).await?;
        let template = template.unwrap_or("template0");
        admin
            .batch_execute(&format!("CREATE DATABASE \"{database}\" TEMPLATE \"{template}\""))
            .await
            .doing(format_args!("cannot create database {database}"))
    }

    pub(crate) async fn drop(&self, database: &str) -> Result<()> {
        let admin = self.connect(&self.maintenance).await?;
        admin
            .batch_execute(&format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)"))
            .await
            .doing(format_args!("cannot drop database {database}"))
    }

    /// Writes out what earlier work left dirty, so that nobody else pays for it.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let admin = self.connect(&self.maintenance).await?;
        Ok(admin.batch_execute("CHECKPOINT").await?)
    }

    /// Stops the server if it was started here.
    pub(crate) async fn stop(self) -> Result<()> {
        if let Some(private) = self.private {
            private.stop().await.doing("cannot stop PostgreSQL")?;
        }
        Ok(())
    }

    /// The server's version without what its packager adds: `15.18`.
    pub(crate) async fn version(&self) -> Result<String> {
        let admin = self.connect(&self.maintenance).await?;
        let query = "SELECT split_part(current_setting('server_version'), ' ', 1)";
        Ok(admin.query_one(query, &[]).await?.try_get(0)?)
    }
}

/// The psql that goes with the server, or else the one in the path.
pub(crate) fn psql() -> PathBuf {
    find_installation()
        .map(|installation| installation.bin_dir().join("psql"))
        .ok()
        .filter(|psql| psql.exists())
        .unwrap_or_else(|| PathBuf::from("psql"))
}

/// Connects, with the connection driven by a task of its own.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.doing("cannot connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::Cluster;

    #[test]
    fn another_database_keeps_the_rest_of_the_url() {
        let cluster = Cluster::at("postgres://me:secret@127.0.0.1:5432/postgres?sslmode=disable")
            .expect("a good URL");
        assert_eq!(
            cluster.url("bench"),
            "postgres://me:secret@127.0.0.1:5432/bench?sslmode=disable"
        );
    }

    #[test]
    fn a_url_without_a_database_is_refused() {
        assert!(Cluster::at("postgres://127.0.0.1:5432").is_err());
    }
}
