use std::fmt;

use serde::Serialize;

use super::excerpt::excerpt;

/// A place in a file, to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Location {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// The statement up to there, with numbers of lines and a caret, in several lines. Of long ones, what matters.
    pub excerpt: String,
}

impl Location {
    /// A byte of a text, in a statement that begins at `first`. Neither needs to be in the text.
    pub(crate) fn in_text(text: &str, first: usize, at: usize) -> Self {
        let at = floor(text, at);
        let first = floor(text, first).min(at);
        Self::after(&mut tenantry_sql::Lines::new(text), text, first, at)
    }

    /// As [`in_text`](Self::in_text), of places in the text that come one after the other.
    pub(crate) fn after(
        lines: &mut tenantry_sql::Lines<'_>,
        text: &str,
        first: usize,
        at: usize,
    ) -> Self {
        let (line, column) = lines.at(at);
        Self { line, column, excerpt: excerpt(text, first, at, line) }
    }
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

/// `7:12`
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
