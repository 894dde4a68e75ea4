//! The directory that everything is kept in, and what is where in it.
//!
//! ```text
//! start.lock    taken alone while somebody starts, attaches to or stops the server
//! server.lock   held by every process of the running server, and so free when the last has ended
//! owners.lock   shared by the owners
//! address       where the running server listens
//! server.log    PostgreSQL's own log, the one before it in server.log.old
//! run/owners    the pipe that each owner holds open, for the watchdog to see the last one go
//! data/         PostgreSQL's data directory
//! ```
//!
//! When we are root, the directory is root's and only `run` and `data` belong to PostgreSQL's
//! account, so that nobody with that account can make root write where it should not.

mod choice;
mod temporary;

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::{DevDbError, Result};

pub(crate) use choice::choose;
pub(crate) use temporary::temporary;

/// The directory that everything is kept in.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
    account: Account,
    /// The directory that was asked for, if it could not be taken.
    pub(crate) asked: Option<PathBuf>,
}

impl Home {
    pub(crate) fn account(&self) -> Account {
        self.account
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn start_lock(&self) -> PathBuf {
        self.root.join("start.lock")
    }

    pub(crate) fn server_lock(&self) -> PathBuf {
        self.root.join("server.lock")
    }

    pub(crate) fn owners_lock(&self) -> PathBuf {
        self.root.join("owners.lock")
    }

    pub(crate) fn address(&self) -> PathBuf {
        self.root.join("address")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Makes what is missing. To be called with the start lock held.
    pub(crate) fn furnish(&self) -> Result<()> {
        let run = self.run();
        if !run.is_dir() {
            fs::create_dir(&run).map_err(DevDbError::io("create", &run))?;
        }
        // Each time: a crash may have come between the two.
        self.account.own_privately(&run)
    }

    /// Removes everything.
    pub(crate) fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.root).map_err(DevDbError::io("remove", &self.root))
    }

    /// The major version of PostgreSQL that made the data, if there is any.
    pub(crate) fn made_by(&self) -> Result<Option<u32>> {
        let path = self.data().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| {
                DevDbError::data_dir(&self.data(), format!("PG_VERSION says {:?}", text.trim()))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DevDbError::io("read", &path)(error)),
        }
    }
}
