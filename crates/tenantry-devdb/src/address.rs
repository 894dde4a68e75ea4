//! Where a server listens: a port of 127.0.0.1, and a socket in a directory of its own.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{DevDbError, Result};
use crate::home::Home;

/// Free ports are taken from here. It is below the range that systems take the ports of outgoing
/// connections from, so that nobody's outgoing connection sits on the port of a server that is just
/// being restarted, least of all a client's own that retries.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) port: u16,
    pub(crate) socket_dir: PathBuf,
}

impl Address {
    /// The address of the last server here, running or not.
    pub(crate) fn read(home: &Home) -> Option<Self> {
        let text = fs::read_to_string(home.address()).ok()?;
        let (port, socket_dir) = text.trim_end_matches('\n').split_once(' ')?;
        Some(Self { port: port.parse().ok()?, socket_dir: PathBuf::from(socket_dir) })
    }

    /// Writes it down for those who come later, all of it or nothing.
    pub(crate) fn write(&self, home: &Home) -> Result<()> {
        let (path, new) = (home.address(), home.address().with_extension("new"));
        fs::write(&new, format!("{} {}\n", self.port, self.socket_dir.display()))
            .and_then(|()| fs::rename(&new, &path))
            .map_err(DevDbError::io("write", &path))
    }
}

/// The port for a new server: the one asked for, else the last one if it is still free, so that an
/// address somebody wrote down stays right, else any.
pub(crate) fn choose_port(asked: Option<u16>, last: Option<u16>) -> Result<u16> {
    if let Some(port) = asked {
        return if is_free(port)? { Ok(port) } else { Err(DevDbError::PortTaken { port }) };
    }
    if let Some(port) = last
        && is_free(port)?
    {
        return Ok(port);
    }
    // From a place that differs between programs that start at the same time.
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = clock.subsec_nanos() ^ std::process::id().wrapping_mul(0x9e37_79b9);
    let count = u32::from(PORTS.end - PORTS.start);
    for step in 0..count {
        let offset = u16::try_from(seed.wrapping_add(step) % count).unwrap_or_default();
        let port = PORTS.start + offset;
        if is_free(port)? {
            return Ok(port);
        }
    }
    Err(DevDbError::PortTaken { port: PORTS.start })
}

fn is_free(port: u16) -> Result<bool> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(false),
        // Ports below 1024 are root's on many systems.
        Err(error) => {
            Err(DevDbError::io("listen at", Path::new(&format!("127.0.0.1:{port}")))(error))
        }
    }
}

/// A directory for the socket: the last server's if it is still there and ours, else a new one. To
/// be called with the server's lock held.
///
/// Directly below `/tmp`, since the path of a socket must be short (104 bytes on macOS).
pub(crate) fn socket_dir(home: &Home, last: Option<&Address>) -> Result<PathBuf> {
    if let Some(last) = last
        && usable(home, &last.socket_dir)
    {
        empty(&last.socket_dir)?;
        return Ok(last.socket_dir.clone());
    }
    let tmp = Path::new("/tmp");
    let parent = if tmp.is_dir() { tmp.to_owned() } else { std::env::temp_dir() };
    let dir = tempfile::Builder::new()
        .prefix("tenantry-")
        .disable_cleanup(true)
        .tempdir_in(&parent)
        .map_err(DevDbError::io("create a directory in", &parent))?;
    home.account().own_privately(dir.path())?;
    Ok(dir.path().to_owned())
}

/// Removes the socket of a server that crashed, and its lock file. PostgreSQL would do so too,
/// but not if another process has been given the old process id.
fn empty(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(DevDbError::io("read", dir))?.filter_map(Result::ok) {
        fs::remove_file(entry.path()).map_err(DevDbError::io("remove", &entry.path()))?;
    }
    Ok(())
}

/// Removes the directory of a server that has ended.
pub(crate) fn remove_socket_dir(home: &Home, address: &Address) {
    if usable(home, &address.socket_dir)
        && let Err(error) = fs::remove_dir_all(&address.socket_dir)
    {
        tracing::debug!(path = %address.socket_dir.display(), %error, "socket directory stays");
    }
}

/// Whether it is a directory that only PostgreSQL's account may enter, as we made it: its parent is
/// a place where anybody may make things.
fn usable(home: &Home, dir: &Path) -> bool {
    fs::symlink_metadata(dir).is_ok_and(|it| {
        it.is_dir() && it.uid() == home.account().uid() && it.mode() & 0o777 == 0o700
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_port_is_taken_again_while_it_is_free() {
        let free = choose_port(None, None).unwrap();
        assert!(PORTS.contains(&free));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert_ne!(choose_port(None, Some(taken)).unwrap(), taken);
        let error = choose_port(Some(taken), None).unwrap_err();
        assert_eq!(error.code(), "PORT_TAKEN");
        assert!(error.to_string().contains(&taken.to_string()));
    }
}
