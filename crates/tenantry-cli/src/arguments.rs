//! What can be typed.

mod adopt;
mod completion;
mod demo;
mod early;
mod health;
mod lint;
mod migrate;
mod repair;
mod rollback;
mod runs;
mod seed;
#[cfg(feature = "server")]
mod serve;
mod status;
mod tenant;

use std::path::PathBuf;

use clap::{ArgAction, Args, ColorChoice, Parser, Subcommand, ValueHint};

#[cfg(feature = "server")]
pub(crate) use self::serve::Serve;
pub(crate) use self::{
    adopt::Adopt,
    completion::Completion,
    demo::Demo,
    early::Early,
    health::Health,
    lint::Lint,
    migrate::{Atomic, Migrate, OnError, Rollout},
    repair::{Correcting, Repair, Sync},
    rollback::Rollback,
    runs::{Runs, RunsVerb},
    seed::Seed,
    status::Status,
    tenant::{CreateTenant, DropTenant, ShowTenant, TenantArguments, TenantVerb},
};

/// Multi-tenancy for PostgreSQL: migrate tenants, make and drop them, look after them.
#[derive(Debug, Parser)]
#[command(
    name = "tenantry",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

const AFTER_HELP: &str = "\
A first afternoon: tenantry demo
With your own database: DATABASE_URL=postgres://… tenantry tenant create acme";

const AFTER_LONG_HELP: &str = "\
Configuration:
  tenantry.toml in the current folder (or --config, or TENANTRY_CONFIG), then the environment
  (DATABASE_URL; TENANTRY_SECTION__KEY for any key), also from a file .env, which never goes over
  a variable that is set.

Exit status:
    0  done
    1  it ran, and something failed or differs
    2  wrong usage or configuration: nothing has run
    3  the database cannot be reached
  130  stopped by Ctrl-C or SIGTERM before it was done

Examples:
  tenantry demo                       a private PostgreSQL, two tenants and an API to try
  tenantry tenant create acme         a tenant with its schema and all migrations
  tenantry status                     what is applied to whom
  tenantry migrate --all --shared     the shared schema, then every tenant
  tenantry --json migrate --all | jq '.tenants[] | select(.status == \"failed\")'";

/// What every verb takes, before or after it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Reads this configuration, and not ./tenantry.toml.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Answers with one JSON document on stdout; everything else goes to stderr.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tells only what goes wrong, beside the result.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tells more; twice or three times, even more.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colors.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    #[cfg(feature = "server")]
    Serve(Serve),
    Migrate(Box<Migrate>),
    Lint(Lint),
    Rollback(Rollback),
    Runs(Runs),
    Repair(Repair),
    Sync(Sync),
    Seed(Seed),
    Status(Status),
    Adopt(Adopt),
    Tenant(TenantArguments),
    Health(Health),
    Completion(Completion),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }
}
