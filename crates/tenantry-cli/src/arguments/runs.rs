//! What `tenantry runs` takes.

use clap::{Args, Subcommand};

/// Lists the runs of migrations: who, when, what, and how they ended.
#[derive(Args, Debug)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) verb: Option<RunsVerb>,
    /// How many to list, at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsVerb {
    Show(ShowRun),
}

/// Shows a run, and what came of each tenant.
#[derive(Args, Debug)]
pub(crate) struct ShowRun {
    /// The run's number.
    #[arg(value_name = "RUN")]
    pub(crate) id: i64,
}
