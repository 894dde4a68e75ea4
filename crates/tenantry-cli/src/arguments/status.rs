//! What `tenantry status` takes.

use clap::Args;

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
