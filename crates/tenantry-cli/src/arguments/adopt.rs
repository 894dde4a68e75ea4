//! What `tenantry adopt` takes.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Takes over a database that another tool has migrated, as it is.
///
/// Reads the ledgers of drizzle-multitenant, drizzle-kit, sqlx, Diesel and refinery in each tenant's
/// schema, and the shared schema's; compares them with the files in [migrations]; and shows what it would
/// do. With --yes, or when a person says so, it enters the tenants in the catalog and writes what is
/// applied to each into a ledger of its own, in one transaction for each tenant.
///
/// The other tool's tables are read and never written: until the switch, it goes on as before. Run it
/// again to take in what it has done since.
#[derive(Args, Debug)]
#[command(after_long_help = ADOPT_EXAMPLES)]
pub(crate) struct Adopt {
    /// The tenants by a query: ids and, as a second column, schemas; by the template where it has none.
    #[arg(long, value_name = "SQL", group = "source")]
    pub(crate) query: Option<String>,
    /// The tenants by a file with lines of id,schema.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, group = "source")]
    pub(crate) csv: Option<PathBuf>,
    /// The tenants by the schemas that fit this template, read backwards, such as 'tenant_{id}'.
    #[arg(long, value_name = "TEMPLATE", group = "source")]
    pub(crate) template: Option<String>,
    /// The other tool's table in each tenant's schema, where it has not its usual name.
    #[arg(long, value_name = "TABLE")]
    pub(crate) ledger: Option<String>,
    /// Takes over tenants whose ledger does not match the files, as far as it does.
    #[arg(long)]
    pub(crate) force: bool,
    /// Shows each tenant, however many there are.
    #[arg(long)]
    pub(crate) each: bool,
    /// Does it, without asking.
    #[arg(short, long)]
    pub(crate) yes: bool,
}

const ADOPT_EXAMPLES: &str = "\
Examples:
  tenantry adopt --query 'select id, schema from companies'
  tenantry adopt --csv tenants.csv --yes
  tenantry adopt --template 'tenant_{id}'
  tenantry adopt                      the tenants in the catalog: what has changed since

JSON:
  {\"dry_run\", \"summary\": {\"total\", \"adopted\", \"updated\", \"unchanged\", \"left_out\"},
   \"shared\"?: {\"schema\", …}, \"notes\"?: [text],
   \"tenants\": [{\"id\", \"schema\", \"action\", \"ledger\"?: {\"tool\", \"table\", \"rows\"},
                \"applied\", \"pending\", \"record\"?: [file], \"notes\"?: [text],
                \"error\"?: {\"code\", \"message\", \"hint\"?}}]}
  action is adopt, update (its other ledger says more than ours), unchanged or leave_out.

Exits with 1 when a tenant is left out.";
