//! What `tenantry seed` takes.

use clap::{ArgGroup, Args};

/// Puts first rows into the shared schema and into tenants' schemas.
///
/// A seed is a folder of SQL files, seeds/shared and seeds/tenant (migrations.shared_seeds and
/// migrations.tenant_seeds), in the order of their numbers. For each schema all of them are one
/// transaction. No ledger knows of them: they run each time, so write them to be run again (ON
/// CONFLICT DO NOTHING). If the shared schema's seed fails, no tenant is seeded.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("which").required(true).multiple(true),
    after_long_help = EXAMPLES
)]
pub(crate) struct Seed {
    /// Every tenant that is active.
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
    /// Tells whom it would seed with which files, and writes nothing at all.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  tenantry seed --all --shared
  tenantry seed --tenant acme globex
  tenantry seed --shared --dry-run

JSON:
  {\"dry_run\", \"total\", \"succeeded\", \"failed\", \"skipped\", \"unfinished\", \"duration_ms\",
   \"shared\"?: {\"schema\", \"status\", \"applied\": [file], \"pending\"?, \"error\"?},
   \"tenants\": [{\"id\", \"status\", \"applied\": [file], \"pending\"?, \"error\"?}]}
  status is succeeded, failed, skipped (suspended or archived), pending (in a dry run) or unfinished
  (it was stopped).";
