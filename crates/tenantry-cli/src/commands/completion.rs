use clap::CommandFactory;
use serde::Serialize;

use crate::{
    arguments::{Arguments, Completion},
    console::Console,
    failure::{Exit, Result},
};

#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

/// `tenantry completion`
pub(super) fn run(completion: &Completion, console: &Console) -> Result<Exit> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(completion.shell, &mut command, "tenantry", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let document = Script { shell: completion.shell.to_string(), script };
    console.answer(&document, || &document.script)?;
    Ok(Exit::Done)
}
