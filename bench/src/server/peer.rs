//! How each server is started.

use tokio::process::Command;

use super::folder::Folder;
use crate::arguments::ContestantName;
use crate::contestant::{self, Server, Setup};
use crate::failure::Result;
use crate::workspace;

/// Whoever looks after the tenants says this.
pub(super) const TOKEN: &str = "a token of the benchmark";

/// `tenantry serve` on these tenants.
pub(super) async fn tenantry(
    url: &str,
    folder: &Folder,
    settings: &[(&str, &str)],
) -> Result<Server> {
    contestant::start(command(url, folder, settings)?, "tenantry serve").await
}

/// The same, that reloads what changes.
pub(super) async fn watching(url: &str, folder: &Folder) -> Result<Server> {
    let mut command = command(url, folder, &[])?;
    command.arg("--watch");
    contestant::start(command, "tenantry serve --watch").await
}

fn command(url: &str, folder: &Folder, settings: &[(&str, &str)]) -> Result<Command> {
    let program = workspace::production_binary("tenantry");
    let how = "cargo build --profile production -p tenantry-cli";
    workspace::require("tenantry serve", &program, how)?;
    let mut command = Command::new(program);
    command.arg("serve").arg("--tenants").arg(folder.path());
    command.current_dir(workspace::bench());
    command.env("DATABASE_URL", url).env("TENANTRY_ADMIN__TOKEN", TOKEN.replace(' ', "-"));
    command.env("TENANTRY_LOGGER__LEVEL", "silent");
    // 16 for work and one for the catalog's listener.
    command.env("TENANTRY_CONNECTION__MAX_CONNECTIONS", "17");
    command.envs(settings.iter().copied());
    Ok(command)
}

/// Fastify with one route.
pub(super) async fn fastify() -> Result<Server> {
    let (modules, how) = ContestantName::NodeDefaults.needs();
    workspace::require("Fastify", &modules, how)?;
    let mut command = Command::new("node");
    command.arg("json.js").current_dir(workspace::bench().join("node"));
    command.env("NODE_ENV", "production");
    contestant::start(command, "Fastify").await
}

/// Fastify with drizzle-multitenant, as its package leaves it.
pub(super) async fn drizzle(url: &str) -> Result<Server> {
    let (modules, how) = ContestantName::NodeDefaults.needs();
    workspace::require("Fastify", &modules, how)?;
    ContestantName::NodeDefaults.start(url, &Setup::default()).await
}
