//! What `tenantry migrate` takes.

use clap::{ArgGroup, Args, ValueEnum};
use tenantry_migrate::MaxFailures;

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
    /// Tells what would be applied, with its SQL, and writes nothing at all.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Refuses migrations that lock tables for long, break what runs, or lose data (tenantry lint
    /// tells of each).
    #[arg(long)]
    pub(crate) strict: bool,
    /// What is one transaction: each migration, or all that a tenant lacks.
    #[arg(long, value_name = "WHAT", value_enum, default_value = "migration")]
    pub(crate) atomic: Atomic,
    /// Applies migrations that are older than one that was applied already.
    #[arg(long)]
    pub(crate) allow_out_of_order: bool,
    /// Says that migrations are applied, and runs nothing; asks before, or needs --yes. The shared
    /// schema's by themselves.
    #[arg(long, conflicts_with_all = ["canary", "then", "resume"])]
    pub(crate) mark_applied: bool,
    /// With --mark-applied: up to this migration, and not those after it.
    #[arg(long, value_name = "MIGRATION", requires = "mark_applied")]
    pub(crate) to: Option<String>,
    /// Doesn't ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) rollout: Rollout,
}

/// How a run goes from few tenants to all.
#[derive(Args, Debug)]
#[command(next_help_heading = "Staged rollouts")]
pub(crate) struct Rollout {
    /// This many tenants first.
    #[arg(long, value_name = "N")]
    pub(crate) canary: Option<usize>,
    /// Then so many percent of all, such as 10%,50%,100%; the last stage is always all.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', value_parser = percent)]
    pub(crate) then: Vec<u8>,
    /// Waits between stages, such as 5m.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) pause: Option<std::time::Duration>,
    /// Asks the database between stages: a query, or a file with one. It must give true, and
    /// nothing else.
    #[arg(long, value_name = "QUERY")]
    pub(crate) check_sql: Option<String>,
    /// Runs a command between stages, by the shell; it must end with status 0.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) check_command: Option<String>,
    /// With --resume: goes on without the checks that the run had.
    #[arg(long, conflicts_with_all = ["check_sql", "check_command"])]
    pub(crate) no_checks: bool,
    /// Whether to go on when a tenant has failed. Without it, the stage is finished, and the next
    /// one is not begun.
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) on_error: Option<OnError>,
    /// Ends the run when more tenants than this have failed: a number, or a part such as 5%.
    #[arg(long, value_name = "N|N%", value_parser = max_failures)]
    pub(crate) max_failures: Option<MaxFailures>,
    /// Goes on with a run that was interrupted or stopped, or in which tenants failed; the last one
    /// if no number is given (tenantry runs lists them).
    #[arg(long, value_name = "RUN", group = "which", num_args = 0..=1, conflicts_with_all = ["all", "tenant"])]
    pub(crate) resume: Option<Option<i64>>,
}

/// What is one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Atomic {
    /// Each migration.
    Migration,
    /// All that a tenant lacks.
    Tenant,
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// With the other tenants, and the other stages.
    Continue,
    /// Not at all: what is under way is finished.
    Abort,
}

fn percent(text: &str) -> Result<u8, String> {
    let number = text.trim().strip_suffix('%').unwrap_or(text.trim());
    match number.parse() {
        Ok(percent @ 1..=100) => Ok(percent),
        _ => Err("allowed is 1% to 100%".to_owned()),
    }
}

fn max_failures(text: &str) -> Result<MaxFailures, String> {
    if text.trim().ends_with('%') {
        return percent(text).map(MaxFailures::Percent);
    }
    text.trim().parse().map(MaxFailures::Count).map_err(|error| error.to_string())
}

const MIGRATE_EXAMPLES: &str = "\
Examples:
  tenantry migrate --all
  tenantry migrate --all --shared --concurrency 20
  tenantry migrate --tenant acme globex --dry-run
  tenantry migrate --all --canary 5 --then 10%,50%,100% --pause 5m
  tenantry migrate --resume

JSON:
  {\"total\", \"succeeded\", \"failed\", \"skipped\", \"duration_ms\", \"shared\"?,
   \"tenants\": [{\"id\", \"status\", \"applied\": [file], \"pending\"?: [file],
                \"error\"?: {\"code\", \"file\"?, \"line\"?, \"sqlstate\"?, \"message\"}}]}
  status is succeeded, skipped (it had nothing to do), failed, pending (in a dry run), unfinished
  (the run was stopped) or gone (the tenant was dropped meanwhile).";
