//! What can be typed.

mod early;

use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, ColorChoice, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

pub(crate) use self::early::Early;

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
    Migrate(Migrate),
    Status(Status),
    Tenant(TenantArguments),
    Health(Health),
    Completion(Completion),
}

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

/// Applies migrations that are lacking.
///
/// A migration is a file such as migrations/tenant/0001_users.sql. Each is applied in one
/// transaction with its row in the schema's ledger, so it is applied and recorded, or neither; any
/// number of runners may work at once. A tenant that fails does not stop the others.
///
/// Ctrl-C finishes the files under way and says what is left; once more, and they are rolled back.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("which").required(true).multiple(true),
    after_long_help = MIGRATE_EXAMPLES
)]
pub(crate) struct Migrate {
    /// Every tenant, suspended and archived ones, too.
    #[arg(long, group = "which", conflicts_with = "tenant")]
    pub(crate) all: bool,
    /// These tenants.
    #[arg(long, group = "which", value_name = "ID", num_args = 1..)]
    pub(crate) tenant: Vec<String>,
    /// The shared schema; with tenants, before them.
    #[arg(long, group = "which")]
    pub(crate) shared: bool,
    /// How many tenants at a time, at most; connection.max_connections bounds it, too.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: u16,
    /// Tells what would be applied, and writes nothing at all.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

const MIGRATE_EXAMPLES: &str = "\
Examples:
  tenantry migrate --all
  tenantry migrate --all --shared --concurrency 20
  tenantry migrate --tenant acme globex --dry-run

JSON:
  {\"total\", \"succeeded\", \"failed\", \"skipped\", \"duration_ms\", \"shared\"?,
   \"tenants\": [{\"id\", \"status\", \"applied\": [file], \"pending\"?: [file],
                \"error\"?: {\"code\", \"file\"?, \"line\"?, \"sqlstate\"?, \"message\"}}]}
  status is succeeded, skipped (it had nothing to do), failed, pending (in a dry run) or
  unfinished (the run was stopped).";

/// Shows which migrations each tenant has and lacks.
///
/// Writes nothing. Exits with 0 when everything could be read, whatever it says; with --check, 1
/// when a schema is not ok.
#[derive(Args, Debug)]
pub(crate) struct Status {
    /// Exits with 1 when a schema is behind, failed or missing.
    #[arg(long)]
    pub(crate) check: bool,
}

/// Makes, shows and drops tenants.
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct TenantArguments {
    #[command(subcommand)]
    pub(crate) verb: TenantVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantVerb {
    Create(CreateTenant),
    List(ListTenants),
    Show(ShowTenant),
    Drop(DropTenant),
}

/// Makes a tenant: its row in the catalog, its schema, and all migrations.
///
/// All of it is one transaction: when a migration fails, nothing of the tenant remains, and no
/// application sees the tenant before it is complete.
#[derive(Args, Debug)]
pub(crate) struct CreateTenant {
    /// Its id: 1 to 63 of a-z 0-9 - _, beginning and ending with a letter or digit.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Leaves its schema empty.
    #[arg(long)]
    pub(crate) no_migrate: bool,
    /// Its schema, in place of the one by isolation.schema_template; one that is there already is
    /// taken over with what is in it.
    #[arg(long, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// A domain that leads to it; may be given several times.
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Vec<String>,
    /// The plan it is on, in the application's own words.
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
}

/// Lists all tenants.
#[derive(Args, Debug)]
pub(crate) struct ListTenants {}

/// Shows a tenant and what its schema lacks.
#[derive(Args, Debug)]
pub(crate) struct ShowTenant {
    /// Its id.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// Drops a tenant: its schema with everything in it, and its row in the catalog.
///
/// Asks before, or needs --yes. If it is interrupted, the tenant is archived, and dropping it
/// again does the rest.
#[derive(Args, Debug)]
pub(crate) struct DropTenant {
    /// Its id.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Doesn't ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Looks whether the database answers, and each active tenant's connection.
///
/// Exits with 0 when all is well, 1 when a tenant is not, 3 when the database cannot be reached.
#[derive(Args, Debug)]
pub(crate) struct Health {
    /// Looks at these tenants, and not at all that are active.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(crate) tenant: Vec<String>,
    /// How many seconds each answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) timeout: u16,
}

/// Writes a completion script for a shell.
///
/// For bash: tenantry completion bash > /etc/bash_completion.d/tenantry
/// For zsh:  tenantry completion zsh > ~/.zfunc/_tenantry
/// For fish: tenantry completion fish > ~/.config/fish/completions/tenantry.fish
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completion {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
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
