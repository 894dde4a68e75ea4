//! What `tenantry lint` takes.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Looks for what in migrations locks tables, breaks programs that run, or loses data.
///
/// Reads the files of the configured folders, or of others, and needs no database. What is wrong with a file, so that it
/// could not be run, is told as well. Exits with 0, whatever is found; with --strict, 1 when something is.
#[derive(Args, Debug)]
#[command(after_long_help = LINT_EXAMPLES)]
pub(crate) struct Lint {
    /// Folders of tenants' migrations, and not those of the configuration.
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) folders: Vec<PathBuf>,
    /// Exits with 1 when something is found.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Lists the rules, and looks at nothing.
    #[arg(long, conflicts_with_all = ["folders", "strict"])]
    pub(crate) rules: bool,
}

const LINT_EXAMPLES: &str = "\
What is meant is allowed by a comment above the statement, or above the first one for the whole file:
  -- tenantry: allow drop-column because nothing has read it since version 2.3

Examples:
  tenantry lint
  tenantry lint --strict                 in CI
  tenantry lint drizzle/migrations       before there is a configuration

JSON:
  {\"found\", \"folders\": [{\"folder\", \"layout\", \"migrations\", \"findings\": [{\"rule\", \"migration\",
    \"file\", \"line\", \"column\", \"excerpt\", \"message\", \"advice\"}]}]}";
