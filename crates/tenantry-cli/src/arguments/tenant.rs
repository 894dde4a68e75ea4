//! What `tenantry tenant` and its verbs take.

use clap::{Args, Subcommand};

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
