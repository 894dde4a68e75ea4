//! What `tenantry migrate` takes.

use clap::{ArgGroup, Args};

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
