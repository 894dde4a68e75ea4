use std::fmt;
use std::path::{Path, PathBuf};

use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::account::Account;
use crate::address::Address;
use crate::builder::DevDbBuilder;
use crate::cluster::{self, SUPERUSER};
use crate::error::{DevDbError, Result};
use crate::home::{self, Home};
use crate::owner::{self, Owner};
use crate::plan::Plan;
use crate::server::{self, Manner};
use crate::{blocking, url};

/// A share in a private PostgreSQL, which runs for as long as anybody has one.
///
/// Stop it with [`stop`](Self::stop). Dropping it stops the server too, waiting a few seconds at
/// most; and if this process ends without either, even by `kill -9`, a watchdog stops it.
pub struct DevDb {
    home: Home,
    plan: Plan,
    address: Address,
    password: String,
    /// There until it is stopped.
    owner: Option<Owner>,
}

impl DevDb {
    /// How the server is to be run; [`start`](DevDbBuilder::start) starts it.
    pub fn builder() -> DevDbBuilder {
        DevDbBuilder::default()
    }

    pub(crate) fn open(mut plan: Plan) -> Result<Self> {
        let account = Account::choose()?;
        let home = match &plan.data_dir {
            Some(dir) => home::choose(dir, account)?,
            None => {
                plan.afterwards.wipe = true;
                home::temporary(account)?
            }
        };
        let acquired = Owner::acquire(&home, &plan);
        if let Err(error) = &acquired
            && plan.afterwards.wipe
            && let Err(left) = home.remove()
        {
            tracing::debug!(%error, %left, "a later start sweeps it");
        }
        let (owner, address) = acquired?;
        let password = cluster::password(&home)?;
        Ok(Self { home, plan, address, password, owner: Some(owner) })
    }

    /// The URL of a database of this server, for its superuser, password included.
    ///
    /// The database `postgres` is always there; see [`create_database`](Self::create_database).
    pub fn url(&self, database: &str) -> String {
        let (password, port) = (&self.password, self.address.port);
        format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/{}", url::encoded(database))
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port
    }

    /// The directory of its Unix socket, which only its account may enter.
    pub fn socket_dir(&self) -> &Path {
        &self.address.socket_dir
    }

    /// The directory that everything is kept in.
    pub fn data_dir(&self) -> &Path {
        self.home.root()
    }

    /// The directory that was asked for, if PostgreSQL's account could not reach it and
    /// [`data_dir`](Self::data_dir) is another.
    pub fn asked_data_dir(&self) -> Option<&Path> {
        self.home.asked.as_deref()
    }

    /// PostgreSQL's log.
    pub fn log_file(&self) -> PathBuf {
        self.home.log()
    }

    /// Whether this started the server, and did not attach to a running one.
    pub fn started_it(&self) -> bool {
        self.owner.as_ref().is_some_and(|it| it.started_it)
    }

    /// Creates a database if it is not there yet.
    ///
    /// # Errors
    ///
    /// `DATABASE_ERROR`.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        let exists = "SELECT FROM pg_database WHERE datname = $1";
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls)
            .await
            .map_err(DevDbError::database("connect"))?;
        let driver = tokio::spawn(connection);
        let found = client.query_opt(exists, &[&name]).await;
        if found.map_err(DevDbError::database("list its databases"))?.is_none() {
            let name = name.replace('"', "\"\"");
            let create = format!("CREATE DATABASE \"{name}\" TEMPLATE template0");
            match client.batch_execute(&create).await {
                Err(error) if !already_there(&error) => {
                    return Err(DevDbError::database("create a database")(error));
                }
                _ => {}
            }
        }
        drop(client);
        // The connection's end has nothing to tell that the answers have not told.
        let _ = driver.await;
        Ok(())
    }

    /// Gives this share back. If it was the last one, PostgreSQL shuts down fast (clients are
    /// disconnected, everything committed is kept), and this waits until it has ended.
    ///
    /// With [`linger`](DevDbBuilder::linger) the server goes on for that long, and this does not
    /// wait for its end.
    ///
    /// # Errors
    ///
    /// `STOP_TIMEOUT` and `DATA_DIR_BUSY`, in which case the watchdog goes on trying;
    /// `PERMISSION_DENIED` and `IO_ERROR`.
    pub async fn stop(mut self) -> Result<()> {
        blocking::run(move || self.release(server::PATIENTLY)).await
    }

    fn release(&mut self, manner: Manner) -> Result<()> {
        match self.owner.take() {
            Some(owner) => owner.release(&self.home, &self.plan, &self.address, manner),
            None => Ok(()),
        }
    }

    /// Ends PostgreSQL, whoever else owns it, and keeps the share.
    pub(crate) fn halt(&self, manner: Manner) -> Result<()> {
        let _turn = owner::take_turn(&self.home, self.plan.start_timeout)?;
        server::stop(&self.home, manner).map(drop)
    }

    /// Starts PostgreSQL after it was ended, at the same address.
    pub(crate) fn resume(&self) -> Result<()> {
        let plan = Plan { port: Some(self.address.port), ..self.plan.clone() };
        let _turn = owner::take_turn(&self.home, plan.start_timeout)?;
        let lock = server::stop(&self.home, server::PATIENTLY)?;
        let installation = owner::programs(&self.home, &plan)?;
        server::start(&self.home, &plan, &installation, lock).map(drop)
    }
}

/// Whether somebody else created it at the same moment.
fn already_there(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::DUPLICATE_DATABASE) || code == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Without the password.
impl fmt::Debug for DevDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevDb")
            .field("data_dir", &self.data_dir())
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for DevDb {
    fn drop(&mut self) {
        if let Err(error) = self.release(server::BRIEFLY) {
            tracing::warn!(%error, "the watchdog stops PostgreSQL");
        }
    }
}
