//! The `tenantry` command: migrate tenants, make and drop them, look after them.
//!
//! What a verb does is in the library crates; here is how it is asked for and how it answers:
//!
//! - `arguments`: what can be typed, and the help;
//! - `commands`: one file a verb;
//! - `console`: what goes to stdout (the result, and with `--json` one JSON document and nothing
//!   else) and what to stderr (everything else);
//! - `failure`: what went wrong, as a code, a message and the status the process exits with.

mod arguments;
mod commands;
mod connect;
mod console;
mod environment;
mod failure;
mod interrupt;
mod log;
mod progress;
mod table;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, error::ErrorKind};

use self::{
    arguments::{Arguments, Early},
    console::Console,
    failure::{Exit, Failure},
};

/// Runs the command with these arguments, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let early = Early::look(&arguments);
    early.color.write_global();
    let console = Console::new(early.json, early.quiet);
    // Before the arguments: some of them have variables for their defaults.
    let environment = environment::load();
    let exit = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => environment
            .and_then(|()| arguments.run(&console))
            .unwrap_or_else(|failure| console.fail(&failure)),
        Err(error) => usage(&console, &error),
    };
    exit.into()
}

/// Help, the version, or what is wrong with the arguments.
fn usage(console: &Console, error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            console.help(error.render().ansi());
            Exit::Done
        }
        _ if console.is_json() => {
            let text = error.render().to_string();
            let message = text.trim_start_matches("error: ").trim_end();
            console.fail(&Failure::usage(message))
        }
        _ => {
            console.note(error.render().ansi().to_string().trim_end());
            Exit::Usage
        }
    }
}
