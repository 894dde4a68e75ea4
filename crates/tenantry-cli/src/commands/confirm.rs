use inquire::{Confirm, InquireError};

use crate::{
    console::Console,
    failure::{Exit, Failure, Result},
};

/// Asks before something is done, unless `--yes` was given. `command` is what to type to be asked
/// nothing, where there is nobody to ask.
pub(super) fn confirm(yes: bool, console: &Console, question: &str, command: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !console.can_ask() {
        return Err(unasked(question, command));
    }
    match Confirm::new(question).with_default(false).prompt() {
        Ok(true) => Ok(()),
        Ok(false) | Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
            Err(Failure::new(Exit::Failed, "DECLINED", "nothing was done"))
        }
        Err(error) => {
            Err(Failure::usage(format!("the question cannot be asked ({error}); use --yes")))
        }
    }
}

fn unasked(question: &str, command: &str) -> Failure {
    Failure::usage(format!("{question} There is nobody to ask: {command} --yes"))
}
