//! One run of the server: starting it, waiting until it is ready, stopping it.

use std::ffi::OsString;
use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::address::{self, Address};
use crate::error::{DevDbError, Result};
use crate::home::Home;
use crate::installation::Installation;
use crate::lock::{self, POLL};
use crate::log::{self, Log};
use crate::pidfile::{self, Status};
use crate::pipe::{self, Hold};
use crate::plan::Plan;
use crate::watchdog::{self, Standard};

/// How often another port is tried when a program takes the chosen one before PostgreSQL does.
const PORT_ATTEMPTS: usize = 10;

/// How a wait for the server came out.
#[derive(Debug)]
pub(crate) enum Waited {
    /// It takes connections.
    Ready,
    /// It has ended; this is its lock.
    Ended(File),
    /// The deadline has passed.
    Late,
}

/// Starts the server, whose lock the caller has taken, and waits until it is ready.
pub(crate) fn start(
    home: &Home,
    plan: &Plan,
    installation: &Installation,
    mut lock: File,
) -> Result<(Address, Hold)> {
    let deadline = Instant::now() + plan.start_timeout;
    let mut last = Address::read(home);
    let mut attempts = 0;
    loop {
        attempts += 1;
        pidfile::remove_stale(home)?;
        watchdog::end(home)?;
        let address = Address {
            port: address::choose_port(plan.port, last.as_ref().map(|it| it.port))?,
            socket_dir: address::socket_dir(home, last.as_ref())?,
        };
        let launched = launch(home, plan, installation, &address, lock);
        let (hold, log) = launched.inspect_err(|_| address::remove_socket_dir(home, &address))?;

        match wait(home, deadline)? {
            Waited::Ready => {
                let data = home.data();
                tracing::info!(port = address.port, data = %data.display(), "PostgreSQL started");
                return Ok((address, hold));
            }
            // The watchdog stops it, now that nobody holds the pipe.
            Waited::Late => return Err(too_late(home, plan, log.tail(home))),
            Waited::Ended(free) => lock = free,
        }
        let error = diagnose(home, address.port, log.tail(home));
        watchdog::end(home)?;
        address::remove_socket_dir(home, &address);
        let another_port = matches!(error, DevDbError::PortTaken { .. }) && plan.port.is_none();
        if !another_port || attempts == PORT_ATTEMPTS {
            return Err(error);
        }
        last = None;
    }
}

/// Starts a server that nobody waits for yet.
fn launch(
    home: &Home,
    plan: &Plan,
    installation: &Installation,
    address: &Address,
    lock: File,
) -> Result<(Hold, Log)> {
    address.write(home)?;
    let (hold, owners) = pipe::make(home)?;
    let (log, file) = Log::open(home)?;
    let command = command_line(home, plan, installation, address);
    let standard = Standard { owners, lock, log: file };
    watchdog::start(home, plan.afterwards, &address.socket_dir, standard, command)?;
    Ok((hold, log))
}

/// Waits for a server that somebody has started.
pub(crate) fn wait(home: &Home, deadline: Instant) -> Result<Waited> {
    loop {
        if pidfile::read(home).is_some_and(|it| it.status == Status::Ready) {
            return Ok(Waited::Ready);
        }
        if let Some(lock) = lock::try_exclusive(&home.server_lock())? {
            return Ok(Waited::Ended(lock));
        }
        if Instant::now() >= deadline {
            return Ok(Waited::Late);
        }
        sleep(POLL);
    }
}

pub(crate) fn too_late(home: &Home, plan: &Plan, log: String) -> DevDbError {
    DevDbError::StartTimeout { path: home.data(), waited: plan.start_timeout, log }
}

/// How a server is told to end: each signal, and for how long its effect is waited for.
pub(crate) type Manner = &'static [(Signal, Duration)];

/// Fast shutdown; if that hangs, immediate shutdown, which the next start recovers from.
pub(crate) const PATIENTLY: Manner = &[
    (Signal::INT, Duration::from_secs(30)),
    (Signal::QUIT, Duration::from_secs(10)),
    (Signal::KILL, Duration::from_secs(10)),
];

/// The same for a destructor, which must not hold up its caller; the watchdog does the rest.
pub(crate) const BRIEFLY: Manner =
    &[(Signal::INT, Duration::from_secs(5)), (Signal::QUIT, Duration::from_secs(2))];

/// What a crash is to the server.
pub(crate) const BRUTALLY: Manner = &[(Signal::KILL, Duration::from_secs(30))];

/// How often the signal is repeated.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// Ends the server and gives back its lock, which is free when the last of its processes has gone.
pub(crate) fn stop(home: &Home, manner: Manner) -> Result<File> {
    let started = Instant::now();
    for (signal, patience) in manner {
        let deadline = Instant::now() + *patience;
        let mut last_told: Option<Instant> = None;
        loop {
            if let Some(lock) = lock::try_exclusive(&home.server_lock())? {
                return Ok(lock);
            }
            // Again and again: it may only just be starting, and have no process to be told yet.
            if last_told.is_none_or(|it| it.elapsed() > TELL_AGAIN)
                && let Some(running) = pidfile::read(home)
            {
                running.postmaster.signal(*signal);
                last_told = Some(Instant::now());
            }
            if Instant::now() >= deadline {
                break;
            }
            sleep(POLL);
        }
        tracing::warn!(?signal, data = %home.data().display(), "PostgreSQL did not end in time");
    }
    Err(DevDbError::StopTimeout { path: home.data(), waited: started.elapsed() })
}

fn command_line(
    home: &Home,
    plan: &Plan,
    installation: &Installation,
    address: &Address,
) -> Vec<OsString> {
    let mut line: Vec<OsString> =
        vec![installation.program("postgres").into(), "-D".into(), home.data().into()];
    let mut set = |name: &str, value: OsString| {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        line.extend(["-c".into(), setting]);
    };
    set("listen_addresses", "127.0.0.1".into());
    set("port", address.port.to_string().into());
    set("unix_socket_directories", address.socket_dir.clone().into());
    set("logging_collector", "off".into());
    set("log_destination", "stderr".into());
    for (name, value) in plan.settings() {
        set(&name, value.into());
    }
    line
}

/// The error that PostgreSQL's log speaks of.
fn diagnose(home: &Home, port: u16, log: String) -> DevDbError {
    let path = home.data();
    if log.contains("could not bind") && log.contains("Address already in use") {
        DevDbError::PortTaken { port }
    } else if log::tells_of_full_disk(&log) {
        DevDbError::DiskFull { path, message: log }
    } else {
        DevDbError::Start { path, log }
    }
}
