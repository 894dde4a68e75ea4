//! Where a command's words go.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Write},
};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Exit, Failure, Result};

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

    /// The result: as JSON, or as a person reads it. It is a failure that nobody can have it.
    pub(crate) fn answer<T: Serialize, D: Display>(
        self,
        document: &T,
        text: impl FnOnce() -> D,
    ) -> Result<()> {
        let written = if self.json {
            serde_json::to_string_pretty(document).map_err(io::Error::from).and_then(print)
        } else {
            print(text())
        };
        written.map_err(|error| {
            let message = format!("the result cannot be written to stdout: {error}");
            Failure::new(Exit::Failed, "OUTPUT_FAILED", message)
        })
    }

    /// Makes room for the result to be shown again, in place of what is on the terminal.
    pub(crate) fn redraw(self) -> Result<()> {
        let is_terminal = std::io::stdout().is_terminal();
        let written = if is_terminal { write_raw("\x1b[H\x1b[2J\x1b[3J") } else { Ok(()) };
        written.map_err(|error| Failure::io("the terminal cannot be cleared", &error))
    }

    /// Help, on stdout.
    pub(crate) fn help(self, text: impl Display) {
        let _ = print(text);
    }

    /// Something beside the result, on stderr.
    pub(crate) fn note(self, text: impl Display) {
        // There is nowhere left to tell that it failed.
        let _ = write(anstream::stderr(), &text);
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
        let is_told = self.json && self.answer(&Document { error: failure }, || "").is_ok();
        if !is_told {
            self.error(failure.text());
        }
        failure.exit
    }
}

fn write_raw(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

fn print(text: impl Display) -> io::Result<()> {
    write(anstream::stdout(), &text)
}

fn write(mut stream: impl Write, text: &dyn Display) -> io::Result<()> {
    let text = text.to_string();
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    match write!(stream, "{text}{end}").and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
