//! What `tenantry repair` and `tenantry sync` take.

use clap::{ArgGroup, Args};

/// Sets right what stands in the way of migrations: shows it first, then asks, or needs --yes.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("what").required(true).multiple(true),
    group = ArgGroup::new("which").required(true).multiple(true)
)]
pub(crate) struct Repair {
    /// Files that were changed after they had been applied: the ledger takes their new checksums.
    #[arg(long, group = "what")]
    pub(crate) checksums: bool,
    /// Migrations that were not finished: they are to run from their beginning.
    #[arg(long, group = "what", conflicts_with = "applied")]
    pub(crate) clear: bool,
    /// Migrations that were not finished: they count as applied.
    #[arg(long, group = "what")]
    pub(crate) applied: bool,
    /// Indexes that CREATE INDEX CONCURRENTLY has left unfinished: they are dropped.
    #[arg(long, group = "what")]
    pub(crate) indexes: bool,
    #[command(flatten)]
    pub(crate) common: Correcting,
}

/// Compares ledgers with files: migrations that a ledger lacks, and rows without a file.
///
/// Without --mark-missing or --clean-orphans it shows both, and writes nothing.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).multiple(true))]
pub(crate) struct Sync {
    /// Says of migrations that a ledger lacks that they are applied, and runs nothing.
    #[arg(long)]
    pub(crate) mark_missing: bool,
    /// Takes rows away that have no file any more.
    #[arg(long)]
    pub(crate) clean_orphans: bool,
    #[command(flatten)]
    pub(crate) common: Correcting,
}

/// What both take.
#[derive(Args, Debug)]
pub(crate) struct Correcting {
    /// Every tenant.
    #[arg(long, group = "which", conflicts_with = "tenant")]
    pub(crate) all: bool,
    /// These tenants.
    #[arg(long, group = "which", value_name = "ID", num_args = 1..)]
    pub(crate) tenant: Vec<String>,
    /// The shared schema.
    #[arg(long, group = "which")]
    pub(crate) shared: bool,
    /// Shows it, and writes nothing at all.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Doesn't ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
}
