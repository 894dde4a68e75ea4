//! What `tenantry rollback` takes.

use clap::{ArgGroup, Args};

/// Undoes migrations: what was applied after one, the newest first.
///
/// What undoes 0002_projects.sql is 0002_projects.down.sql beside it. Each is undone in one
/// transaction with its row in the ledger. A tenant with a migration among them that has no way down
/// is left as it is. Asks before, or needs --yes.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true), after_long_help = EXAMPLES)]
pub(crate) struct Rollback {
    /// The migration that stays: 0002_projects.sql, 0002_projects or 2; 0 undoes all.
    #[arg(long, value_name = "MIGRATION")]
    pub(crate) to: String,
    /// Every tenant.
    #[arg(long, group = "which")]
    pub(crate) all: bool,
    /// These tenants.
    #[arg(long, group = "which", value_name = "ID", num_args = 1..)]
    pub(crate) tenant: Vec<String>,
    /// The shared schema: what tenants have built on it is not looked at.
    #[arg(long, group = "which")]
    pub(crate) shared: bool,
    /// Tells what would be undone, and writes nothing at all.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Doesn't ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
}

const EXAMPLES: &str = "\
Examples:
  tenantry rollback --to 0005_labels --tenant acme --dry-run
  tenantry rollback --to 0005_labels --all --yes
  tenantry rollback --to 0001_plans --shared

JSON:
  {\"dry_run\", \"total\", \"succeeded\", \"failed\", \"skipped\", \"unfinished\", \"duration_ms\",
   \"shared\"?: {\"schema\", \"status\", \"undone\", \"pending\"?, \"error\"?},
   \"tenants\": [{\"id\", \"status\", \"undone\": [migration], \"pending\"?: [migration], \"error\"?}]}";
