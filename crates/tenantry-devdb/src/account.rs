//! Whom PostgreSQL runs as: ourselves, or another when we are root, which PostgreSQL refuses.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown, fchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{DevDbError, Result};

/// The accounts that are tried when we are root, the first that exists being taken.
/// macOS spells its system accounts with an underscore.
const INSTEAD_OF_ROOT: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// What is kept of the environment for PostgreSQL's programs. PG* variables must not leak in, and
/// nobody's secrets should.
const KEPT_VARIABLES: [&str; 7] = [
    "HOME",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "LOCPATH",
];

/// PATH, and in any case where a system has its own programs.
fn search_path() -> OsString {
    let mut path = std::env::var_os("PATH").filter(|it| !it.is_empty()).unwrap_or_default();
    if !path.is_empty() {
        path.push(":");
    }
    path.push("/usr/local/bin:/usr/bin:/bin");
    path
}

/// Whom PostgreSQL runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// Ourselves.
    Own,
    /// An account that is not root's, which we are.
    Other { uid: u32, gid: u32 },
}

impl Account {
    pub(crate) fn choose() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        INSTEAD_OF_ROOT.into_iter().find_map(Self::named).ok_or(DevDbError::NoAccount)
    }

    /// By the `id` command, which knows accounts from everywhere (files, LDAP, macOS's directory).
    fn named(name: &str) -> Option<Self> {
        let id = |option: &str| {
            let output = Command::new("id").args([option, name]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
        };
        let (uid, gid) = (id("-u")?, id("-g")?);
        (uid != 0).then_some(Self::Other { uid, gid })
    }

    /// Its number.
    pub(crate) fn uid(self) -> u32 {
        match self {
            Self::Own => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => uid,
        }
    }

    /// A command that runs as this account, in an environment without surprises: messages in
    /// English, which errors are recognised by, and no variable that programs of PostgreSQL heed.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        for name in KEPT_VARIABLES {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("PATH", search_path());
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid).env_remove("HOME");
        }
        command
    }

    /// Whether this account can enter the directory.
    ///
    /// # Errors
    ///
    /// If nothing can be run as that account, as in a container whose root may not do so.
    pub(crate) fn reaches(self, dir: &Path) -> Result<bool> {
        if self == Self::Own {
            return Ok(true);
        }
        let shell = Path::new("/bin/sh");
        let status = self
            .command(shell)
            .args(["-c", "cd -- \"$1\""])
            .args([OsStr::new("sh"), dir.as_os_str()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let status = status.map_err(DevDbError::io("run as PostgreSQL's account:", shell))?;
        Ok(status.success())
    }

    /// Hands a directory over, for nobody else to enter.
    pub(crate) fn own_privately(self, dir: &Path) -> Result<()> {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
            .map_err(DevDbError::io("set the permissions of", dir))?;
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(dir, Some(uid), Some(gid))
                .map_err(DevDbError::io("hand over to PostgreSQL's account", dir)),
        }
    }

    /// Hands over a file that is open, and so cannot be exchanged for another in the meantime.
    pub(crate) fn own_file(self, file: &File, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => fchown(file, Some(uid), Some(gid))
                .map_err(DevDbError::io("hand over to PostgreSQL's account", path)),
        }
    }

    /// The permissions of a directory that is ours and in which this account reaches its own ones.
    pub(crate) fn passage(self) -> fs::Permissions {
        fs::Permissions::from_mode(if self == Self::Own { 0o700 } else { 0o711 })
    }
}
