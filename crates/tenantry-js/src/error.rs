//! What can go wrong in an isolate, told to those who hit it.

use std::fmt;

/// A failed task, or an isolate that could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct JsError {
    /// What it was.
    pub kind: JsErrorKind,
    /// One line: an exception's message, or which limit was passed.
    pub message: String,
    /// The name of the exception's class, such as `TypeError`; empty when it has none.
    pub name: String,
    /// The JavaScript stack as text, innermost frame first; empty when there is none.
    pub stack: String,
    /// Where it came from, as far as that is known.
    pub location: Option<Box<Location>>,
    /// The exception's `code`, such as `FST_ERR_VALIDATION`.
    pub code: Option<String>,
    /// The exception's `statusCode` (or `status`), when it is one of HTTP.
    pub status: Option<u16>,
}

/// The kinds of [`JsError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsErrorKind {
    /// JavaScript threw, or rejected what it returned.
    Thrown,
    /// A file that does not parse.
    Syntax,
    /// An import that is refused or not there.
    Module,
    /// Past the limit of memory. The isolate is condemned.
    Memory,
    /// Past the limit of CPU time of a task. The isolate is condemned.
    Cpu,
    /// Past the limit of wall time of a task.
    Wall,
    /// Past the limit of stack.
    Stack,
    /// The isolate takes no new tasks, or died of another one's.
    Condemned,
    /// The isolate, or the engine, is closed.
    Closed,
    /// What the task returned is too large, or cannot leave JavaScript.
    Result,
}

/// A place in a tenant's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The module's name, such as `routes/index.mjs`.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 when it is not known.
    pub column: u32,
}

impl JsError {
    pub(crate) fn new(kind: JsErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            name: String::new(),
            stack: String::new(),
            location: None,
            code: None,
            status: None,
        }
    }

    pub(crate) fn closed() -> Self {
        Self::new(JsErrorKind::Closed, "the isolate is closed")
    }

    pub(crate) fn condemned(why: &str) -> Self {
        Self::new(JsErrorKind::Condemned, format!("the isolate takes no tasks any more: {why}"))
    }

    /// Whether the isolate that gave this can take no other task.
    pub fn ends_isolate(&self) -> bool {
        use JsErrorKind::{Closed, Condemned, Cpu, Memory};
        matches!(self.kind, Memory | Cpu | Condemned | Closed)
    }
}

impl fmt::Display for JsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{}: ", self.name)?;
        }
        f.write_str(&self.message)?;
        if let Some(location) = &self.location {
            write!(f, " ({location})")?;
        }
        Ok(())
    }
}

impl std::error::Error for JsError {}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}
