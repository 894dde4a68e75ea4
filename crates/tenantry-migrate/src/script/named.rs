/// A schema that a file names, outside of comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedSchema {
    /// As PostgreSQL reads it: folded, or without its quotes.
    pub(crate) name: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column, in characters from 1.
    pub(crate) column: usize,
    /// The byte of the text.
    pub(super) at: usize,
}
