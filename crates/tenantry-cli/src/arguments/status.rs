//! What `tenantry status` takes.

use clap::Args;

/// Shows which migrations each tenant has and lacks.
///
/// Many tenants are shown in groups of those that stand alike. Writes nothing. Exits with 0 when
/// everything could be read, whatever it says; with --check, 1 when a schema is not ok.
#[derive(Args, Debug)]
#[command(after_long_help = STATUS_EXAMPLES)]
pub(crate) struct Status {
    /// Exits with 1 when a schema is behind, failed or missing.
    #[arg(long)]
    pub(crate) check: bool,
    /// These tenants; no other's ledger is read.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(crate) tenant: Vec<String>,
    /// Tenants that lack something; with --failed, those as well.
    #[arg(long)]
    pub(crate) behind: bool,
    /// Tenants that can't be migrated as they are, or have no schema.
    #[arg(long)]
    pub(crate) failed: bool,
    /// Tenants that lack this migration: its name, its number, or how its name begins.
    #[arg(long, value_name = "NAME")]
    pub(crate) migration: Option<String>,
    /// Shows each tenant, however many there are, and no groups.
    #[arg(long)]
    pub(crate) each: bool,
    /// Shows this many tenants at most; with --each or --json.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Shows it again every so many seconds, until Ctrl-C.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u32).range(1..=3600),
        conflicts_with_all = ["json", "check"]
    )]
    pub(crate) watch: Option<u32>,
}

const STATUS_EXAMPLES: &str = "\
Examples:
  tenantry status --behind --failed
  tenantry status --migration 0012
  tenantry status --watch
  tenantry status --each --limit 100

JSON:
  {\"shared\": {\"schema\", \"applied\", \"pending\", \"status\", \"error\"?},
   \"summary\": {\"total\", \"ok\", \"behind\", \"failed\", \"missing\"},
   \"groups\": [{\"tenants\", \"such_as\": [id], \"version\"?, \"applied\", \"pending\", \"status\", \"error\"?}],
   \"tenants\": [{\"id\", \"schema\", \"version\"?, \"applied\", \"pending\", \"status\", \"error\"?}],
   \"pending_migrations\": [{\"name\", \"tenants\"}]}
  status is ok, behind, failed or missing; version is the newest migration a tenant has.";
