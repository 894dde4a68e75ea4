//! `{schema}`, `{tenant}` and `{shared}`: where they are, and whether they can be quoted there.

mod in_text;
mod neighbours;

use tenantry_sql::{Lexer, Statement, Token, TokenKind};

use self::neighbours::Neighbours;
use super::{problem::Problems, reading::Reading, suggestion::suggestion};

/// What is replaced before a file is run, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) what: What,
    pub(super) within: Within,
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The schema that is migrated.
    Schema,
    /// The tenant's id.
    Tenant,
    /// The shared schema.
    Shared,
    /// The placeholder's own text: `{{schema}}` is `{schema}`.
    Itself,
    /// No placeholder: the quotes around code, of the body that ends at this byte.
    Quote {
        /// Whether it is the one at the end.
        ends: bool,
    },
}

/// Where it stands, which says how it is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// Outside of all quotes: a whole name, or a whole literal.
    Code,
    /// `'…'`
    String,
    /// `E'…'`
    EscapeString,
    /// `"…"`
    QuotedName,
}

/// What there is.
const NAMES: [&str; 3] = ["schema", "tenant", "shared"];

impl What {
    fn named(name: &str) -> Option<Self> {
        match name {
            "schema" => Some(Self::Schema),
            "tenant" => Some(Self::Tenant),
            "shared" => Some(Self::Shared),
            _ => None,
        }
    }
}

/// The placeholders of a statement, by their places.
pub(super) fn find(
    text: &str,
    statement: &Statement,
    reading: Reading,
    problems: &mut Problems,
) -> Vec<Placeholder> {
    let mut search = Search { statement, reading, problems, found: Vec::new() };
    let range = statement.range();
    if !text[range.clone()].contains('{') {
        return Vec::new();
    }
    search.code(&text[range.clone()], range.start);
    for body in tenantry_sql::bodies(text, statement) {
        if body.token.kind == TokenKind::DollarString && body.text.contains('{') {
            search.body(&body.text, body.at, body.token);
        }
    }
    search.found.sort_by_key(|placeholder| placeholder.start);
    search.found
}

struct Search<'a> {
    statement: &'a Statement,
    reading: Reading,
    problems: &'a mut Problems,
    found: Vec<Placeholder>,
}

impl Search<'_> {
    /// Code in dollar quotes: what is put into it must not end them.
    fn body(&mut self, body: &str, at: usize, token: Token) {
        let before = self.found.len();
        self.code(body, at);
        if self.found.len() > before {
            let end = at + body.len();
            for (start, end, ends) in [(token.start, at, false), (end, token.end, true)] {
                let what = What::Quote { ends };
                self.found.push(Placeholder { start, end, what, within: Within::Code });
            }
        }
    }

    fn code(&mut self, text: &str, offset: usize) {
        let mut neighbours = Neighbours::default();
        for token in Lexer::new(text) {
            if let Some((at, reason)) = neighbours.take(text, token) {
                self.problem(offset + at, reason);
            }
            let within = match token.kind {
                TokenKind::Placeholder => {
                    self.in_code(text, token, offset);
                    continue;
                }
                TokenKind::String => Within::String,
                TokenKind::EscapeString => Within::EscapeString,
                TokenKind::QuotedName => Within::QuotedName,
                TokenKind::UnicodeName | TokenKind::UnicodeString | TokenKind::BitString => {
                    if self.reading.strings && in_text::find(token.text(text)).next().is_some() {
                        let reason =
                            "a placeholder cannot stand in a text of this kind; write '…' or \"…\"";
                        self.problem(offset + token.start, reason);
                    }
                    continue;
                }
                _ => continue,
            };
            if self.reading.strings {
                for (range, what) in in_text::find(token.text(text)) {
                    let start = offset + token.start + range.start;
                    self.push(Placeholder { start, end: start + range.len(), what, within });
                }
            }
        }
    }

    fn in_code(&mut self, text: &str, token: Token, offset: usize) {
        let (start, end) = (offset + token.start, offset + token.end);
        let name = token.text(text).trim_matches(['{', '}']);
        match What::named(name) {
            Some(what) => self.push(Placeholder { start, end, what, within: Within::Code }),
            None => {
                let advice = suggestion(name, &NAMES).map_or_else(
                    || "there are {schema}, {tenant} and {shared}".to_owned(),
                    |name| format!("did you mean {{{name}}}?"),
                );
                let reason = format!("there is no placeholder {{{name}}}; {advice}");
                self.problem(start, reason);
            }
        }
    }

    fn push(&mut self, placeholder: Placeholder) {
        if self.reading.shared && placeholder.what == What::Tenant {
            let reason = "{tenant} has no meaning in the shared schema's files: they run once, for no tenant";
            self.problem(placeholder.start, reason);
        }
        self.found.push(placeholder);
    }

    fn problem(&mut self, at: usize, reason: impl Into<String>) {
        self.problems.in_statement(self.statement, at, reason);
    }
}
