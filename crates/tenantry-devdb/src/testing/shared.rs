//! The one server that the tests of a workspace share.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::leases;
use crate::devdb::DevDb;
use crate::error::{DevDbError, Result};
use crate::installation::{BIN_VARIABLE, find_installation};
use crate::mode::Mode;

/// Many tests run at once, each with a pool or two.
const MAX_CONNECTIONS: u32 = 300;

/// How long the server waits for the next test process. Between two tests there are milliseconds;
/// this also spans a short compilation.
const LINGER: Duration = Duration::from_secs(10);

/// This process's share, which ends with the process.
static SHARED: OnceCell<DevDb> = OnceCell::const_new();

/// The server that the tests of this workspace share: [`Mode::Fast`], 300 connections.
///
/// Its data is kept below the workspace's `target` directory.
///
/// # Errors
///
/// As [`DevDbBuilder::start`](crate::DevDbBuilder::start).
pub async fn shared_server() -> Result<&'static DevDb> {
    SHARED.get_or_try_init(start).await
}

async fn start() -> Result<DevDb> {
    let parent = target_dir().join("tenantry-devdb");
    let server = match at(parent.join(flavour())).await {
        // PostgreSQL was upgraded since the last run.
        Err(DevDbError::VersionMismatch { .. }) => {
            let version = find_installation()?.version();
            at(parent.join(format!("{}-{}", flavour(), version.major))).await?
        }
        other => other?,
    };
    if server.started_it() {
        leases::sweep(&server).await?;
    }
    Ok(server)
}

async fn at(dir: PathBuf) -> Result<DevDb> {
    DevDb::builder()
        .data_dir(dir)
        .mode(Mode::Fast)
        .max_connections(MAX_CONNECTIONS)
        .setting("autovacuum", "off")
        .setting("log_checkpoints", "off")
        .linger(LINGER)
        .start()
        .await
}

/// The tests run on another server for each installation that they are told to use.
fn flavour() -> String {
    match env::var(BIN_VARIABLE) {
        Ok(dir) => {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            dir.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
        }
        Err(_) => "shared".to_owned(),
    }
}

/// Cargo's target directory, told by cargo and nextest to each test by the directory of its crate.
fn target_dir() -> PathBuf {
    let crate_dir = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let crate_dir = crate_dir.or_else(|| env::current_dir().ok()).unwrap_or_default();
    choose_target_dir(env::var_os("CARGO_TARGET_DIR"), &crate_dir)
}

fn choose_target_dir(told: Option<OsString>, crate_dir: &Path) -> PathBuf {
    let workspace = crate_dir.ancestors().filter(|it| it.join("Cargo.lock").exists()).last();
    let workspace = workspace.unwrap_or(crate_dir);
    workspace.join(told.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn all_crates_of_a_workspace_use_its_target_directory() {
        let temp = tempfile::tempdir().unwrap();
        let member = temp.path().join("crates/one");
        fs::create_dir_all(&member).unwrap();
        fs::write(temp.path().join("Cargo.lock"), "").unwrap();
        assert_eq!(choose_target_dir(None, &member), temp.path().join("target"));
        let told = Some(OsString::from("/elsewhere"));
        assert_eq!(choose_target_dir(told, &member), Path::new("/elsewhere"));
    }
}
