//! What `tenantry health` takes.

use clap::Args;

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
