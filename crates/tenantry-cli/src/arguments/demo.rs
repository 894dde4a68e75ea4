//! What `tenantry demo` takes.

use clap::Args;

/// Runs the projects API on a private PostgreSQL, with two tenants.
///
/// Starts a PostgreSQL of its own in .demo/postgres (or uses the server that DATABASE_URL names),
/// makes the tenants acme and globex with a little sample data, and serves a projects API until
/// Ctrl-C. Started again, it goes on with the data it has.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// The address to listen on.
    #[arg(
        long,
        env = "HOST",
        hide_env_values = true,
        value_name = "HOST",
        default_value = "127.0.0.1"
    )]
    pub(crate) host: String,
    /// The port to listen on; 0 is any that is free.
    #[arg(long, env = "PORT", hide_env_values = true, value_name = "PORT", default_value_t = 3001)]
    pub(crate) port: u16,
}
