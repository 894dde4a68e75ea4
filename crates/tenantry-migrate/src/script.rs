//! One file's text, and what was found in it.

mod directives;
mod excerpt;
mod location;
mod named;
mod placeholders;
mod problem;
mod reading;
mod refusals;
mod render;
mod suggestion;

use std::{fmt, sync::Arc};

pub use tenantry_sql::{Kind as StatementKind, Statement};

use self::placeholders::Placeholder;
pub(crate) use self::{
    directives::Allow,
    named::NamedSchema,
    problem::Problem,
    reading::Reading,
    render::{Names, Rendered},
};
pub use self::{directives::Directives, location::Location};

/// One file of SQL: its text, and where its statements are.
///
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Script(Arc<Parts>);

/// What was found in a file.
#[derive(Default)]
struct Parts {
    text: String,
    /// Whether the file begins with a byte order mark, which is no part of the text.
    marked: bool,
    statements: Vec<Statement>,
    /// By their places.
    placeholders: Vec<Placeholder>,
    schemas: Vec<NamedSchema>,
    directives: Directives,
    opaque: bool,
    backslash: bool,
}

impl Script {
    /// The text, as it is in the file, but for a byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Its statements, in order: at least one.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.0.statements
    }

    /// How it is to be run.
    #[must_use]
    pub fn directives(&self) -> &Directives {
        &self.0.directives
    }

    /// The text with its placeholders replaced.
    pub(crate) fn render(&self, names: &Names<'_>) -> Rendered<'_> {
        Rendered::new(&self.0, names)
    }

    /// The schemas it names, each once, where it is named first.
    pub(crate) fn schemas_named(&self) -> &[NamedSchema] {
        &self.0.schemas
    }

    /// Where a schema is named, with the statement.
    pub(crate) fn location_of(&self, named: &NamedSchema) -> Location {
        let statements = self.statements();
        let after = statements.partition_point(|statement| statement.range().start <= named.at);
        let statement = after.checked_sub(1).and_then(|index| statements.get(index));
        let first = statement.map_or(named.at, |statement| statement.range().start);
        Location::in_text(self.text(), first, named.at)
    }

    /// Whether it holds code that cannot be read through: DO, CALL, EXECUTE, or the body of a function. What
    /// it does is known when it has been done.
    pub(crate) fn is_opaque(&self) -> bool {
        self.0.opaque
    }

    /// Whether there is a backslash in it anywhere.
    pub(crate) fn has_backslash(&self) -> bool {
        self.0.backslash
    }

    /// The file's bytes, a byte order mark included.
    pub(crate) fn raw(&self) -> [&[u8]; 2] {
        let mark: &[u8] = if self.0.marked { MARK.as_bytes() } else { &[] };
        [mark, self.0.text.as_bytes()]
    }
}

/// What some editors begin a file with, and PostgreSQL takes for a syntax error.
const MARK: &str = "\u{feff}";

/// Without the text, which may be long.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("bytes", &self.text.len())
            .field("statements", &self.statements.len())
            .field("directives", &self.directives)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
