//! What `tenantry completion` takes.

use clap::Args;
use clap_complete::Shell;

/// Writes a completion script for a shell.
///
/// For bash: tenantry completion bash > /etc/bash_completion.d/tenantry
/// For zsh:  tenantry completion zsh > ~/.zfunc/_tenantry
/// For fish: tenantry completion fish > ~/.config/fish/completions/tenantry.fish
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completion {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}
