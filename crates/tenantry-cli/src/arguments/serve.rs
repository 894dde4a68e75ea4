//! What `tenantry serve` takes.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Serves the tenants' own applications: routes, services, plugins and schemas in JavaScript.
///
/// Each folder in the tenants' folder is a tenant, by its name. Requests name theirs by the header
/// x-tenant-id, or as [server.identification] in tenantry.toml says. Without a database, tenants' code runs all
/// the same, and `db` says by name that there is none.
///
/// With Ctrl-C or SIGTERM, requests under way end, for server.shutdown_timeout at most.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The folder with a folder for each tenant [default: tenants.dir, tenants].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) tenants: Option<PathBuf>,
    /// The folder of plugins for all tenants [default: plugins.dir, plugins].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) plugins: Option<PathBuf>,
    /// Reloads a tenant when one of its files changes.
    #[arg(long)]
    pub(crate) watch: bool,
    /// The address to listen on [default: server.host, 127.0.0.1].
    #[arg(long, env = "HOST", hide_env_values = true, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// The port to listen on; 0 is any that is free [default: server.port, 3000].
    #[arg(long, env = "PORT", hide_env_values = true, value_name = "PORT")]
    pub(crate) port: Option<u16>,
}
