//! Owning a server, together with others: the first one starts it, the last one stops it.

use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::address::{self, Address};
use crate::cluster;
use crate::error::{DevDbError, Result};
use crate::home::Home;
use crate::installation::{self, Installation};
use crate::lock::{self, POLL};
use crate::log::{self, Log};
use crate::pidfile;
use crate::pipe::{self, Door, Hold};
use crate::plan::Plan;
use crate::server::{self, Manner, Waited};
use crate::watchdog;

/// How long another program may take to start or stop the server.
const OTHERS: Duration = Duration::from_secs(120);

/// A share in a running server.
#[derive(Debug)]
pub(crate) struct Owner {
    /// What keeps the server running.
    hold: Hold,
    /// What tells others that there is still an owner.
    share: File,
    /// Whether this is who started the server.
    pub(crate) started_it: bool,
}

impl Owner {
    /// Attaches to the running server, or starts it.
    pub(crate) fn acquire(home: &Home, plan: &Plan) -> Result<(Self, Address)> {
        let _turn = take_turn(home, OTHERS)?;
        home.furnish()?;
        // Somebody who left may have had it alone, a moment ago.
        let share = lock::shared(&home.owners_lock(), Instant::now() + OTHERS)?;
        let share = share.ok_or_else(|| busy(home, OTHERS))?;
        let (address, hold, started_it) = attach_or_start(home, plan)?;
        Ok((Self { hold, share, started_it }, address))
    }

    /// Gives the share back, and stops the server at this address if it was the last one.
    ///
    /// Whatever goes wrong here, or does not end in time, is then the watchdog's: it sees the pipe
    /// end when the share is dropped.
    pub(crate) fn release(
        self,
        home: &Home,
        plan: &Plan,
        address: &Address,
        manner: Manner,
    ) -> Result<()> {
        if !plan.afterwards.linger.is_zero() {
            return Ok(());
        }
        let patience = manner.iter().map(|(_, patience)| *patience).sum();
        let _turn = take_turn(home, patience)?;
        let Self { hold, share, .. } = self;
        drop(share);
        // Not at the first try: a child that a thread of ours has forked shares it until it execs.
        let soon = Instant::now() + Duration::from_millis(100);
        if lock::exclusive(&home.owners_lock(), soon)?.is_none() {
            return Ok(());
        }
        server::stop(home, manner)?;
        watchdog::end(home)?;
        drop(hold);
        address::remove_socket_dir(home, address);
        if plan.afterwards.wipe { home.remove() } else { Ok(()) }
    }
}

/// Waits until nobody else is starting or stopping the server.
pub(crate) fn take_turn(home: &Home, patience: Duration) -> Result<File> {
    lock::exclusive(&home.start_lock(), Instant::now() + patience)?
        .ok_or_else(|| busy(home, patience))
}

fn busy(home: &Home, waited: Duration) -> DevDbError {
    let path = home.root().to_owned();
    DevDbError::Busy { path, waited }
}

/// The programs to start this home's server with.
pub(crate) fn programs(home: &Home, plan: &Plan) -> Result<Installation> {
    let made_by = home.made_by()?;
    let installation = match &plan.installation {
        Some(given) => given.clone(),
        None => installation::find_installation()?,
    };
    match made_by {
        Some(major) if major != installation.version().major => {
            if plan.installation.is_some() {
                return Err(DevDbError::VersionMismatch {
                    dir: home.data(),
                    made_by: major,
                    found: installation.version().to_string(),
                });
            }
            installation::find_major(&home.data(), major)
        }
        _ => Ok(installation),
    }
}

fn attach_or_start(home: &Home, plan: &Plan) -> Result<(Address, Hold, bool)> {
    let deadline = Instant::now() + plan.start_timeout;
    loop {
        if let Some(lock) = lock::try_exclusive(&home.server_lock())? {
            let installation = programs(home, plan)?;
            cluster::make(home, &installation, plan.mode)?;
            let (address, hold) = server::start(home, plan, &installation, lock)?;
            return Ok((address, hold, true));
        }
        if let Some(hold) = attach(home, plan)?
            && matches!(server::wait(home, deadline)?, Waited::Ready)
            && let Some(address) = Address::read(home)
        {
            tracing::debug!(port = address.port, "attached to a running PostgreSQL");
            return Ok((address, hold, false));
        }
        if Instant::now() >= deadline {
            return Err(server::too_late(home, plan, log::tail(home)));
        }
        sleep(POLL);
    }
}

/// A hold on the running server, or `None` if it is just ending.
fn attach(home: &Home, plan: &Plan) -> Result<Option<Hold>> {
    match pipe::knock(home)? {
        Door::Open(hold) => return Ok(Some(hold)),
        Door::Closed if watchdog::lives(home) => return Ok(None),
        Door::Closed | Door::Unwatched => {}
    }
    let (Some(running), Some(address)) = (pidfile::read(home), Address::read(home)) else {
        return Ok(None);
    };
    tracing::warn!(postmaster = running.postmaster.pid, "its watchdog is gone; setting another");
    let (hold, reader) = pipe::make(home)?;
    let (_, log) = Log::open(home)?;
    let sockets = &address.socket_dir;
    watchdog::adopt(home, plan.afterwards, sockets, reader, log, &running.postmaster)?;
    Ok(Some(hold))
}
