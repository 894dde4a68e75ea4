//! Where a command's words go.

use std::{
    fmt::Display,
    io::{ErrorKind, IsTerminal, Write},
};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Exit, Failure};

/// Stdout has the result, and nothing else; stderr everything else.
///
/// A reader of either that goes away ends the words and not the work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    json: bool,
    quiet: bool,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

impl Console {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether the result is one JSON document.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether a person waits, who may want to see how far it is.
    pub(crate) fn shows_progress(self) -> bool {
        !self.json && !self.quiet && std::io::stderr().is_terminal()
    }

    /// Whether there is a person to ask.
    pub(crate) fn can_ask(self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// The result: as JSON, or as a person reads it.
    pub(crate) fn answer<T: Serialize, D: Display>(self, document: &T, text: impl FnOnce() -> D) {
        if self.json {
            match serde_json::to_string_pretty(document) {
                Ok(document) => self.result(document),
                Err(error) => self.note(format_args!("the result is no JSON: {error}")),
            }
        } else {
            self.result(text());
        }
    }

    /// A part of the result, on stdout.
    pub(crate) fn result(self, text: impl Display) {
        write(anstream::stdout(), &text, "stdout");
    }

    /// Something beside the result, on stderr.
    pub(crate) fn note(self, text: impl Display) {
        write(anstream::stderr(), &text, "stderr");
    }

    /// Something beside the result that nobody needs to know.
    pub(crate) fn remark(self, text: impl Display) {
        if !self.quiet {
            self.note(text);
        }
    }

    /// One of the things that went wrong, while the result has them all.
    pub(crate) fn error(self, text: impl Display) {
        self.note(format_args!("{ERROR}error:{ERROR:#} {text}"));
    }

    /// What to do next.
    pub(crate) fn hint(self, text: impl Display) {
        self.remark(format_args!("{HINT}hint:{HINT:#} {text}"));
    }

    /// The whole command failed.
    pub(crate) fn fail(self, failure: &Failure) -> Exit {
        #[derive(Serialize)]
        struct Document<'a> {
            error: &'a Failure,
        }
        if self.json {
            self.answer(&Document { error: failure }, || "");
        } else {
            self.error(failure.text());
        }
        failure.exit
    }
}

fn write(mut stream: impl Write, text: &dyn Display, name: &str) {
    let text = text.to_string();
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    let written = write!(stream, "{text}{end}").and_then(|()| stream.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        tracing::warn!(%error, "cannot write to {name}");
    }
}
