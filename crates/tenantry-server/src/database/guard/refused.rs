/// Why a text is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement is refused: {what} (line {line}, column {column})")]
pub(crate) struct Refused {
    /// What is in it that may not be.
    pub(crate) what: String,
    /// Where, from 1.
    pub(crate) line: usize,
    /// Where, in characters from 1.
    pub(crate) column: usize,
}

impl Refused {
    /// For what stands at this byte.
    pub(super) fn at(sql: &str, byte: usize, what: String) -> Self {
        let before = sql.get(..byte).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { what, line, column }
    }
}
