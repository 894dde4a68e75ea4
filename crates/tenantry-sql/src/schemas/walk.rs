use std::borrow::Cow;

use super::{Candidate, SchemaName, name};
use crate::{Lexer, Token, TokenKind};

/// Goes over the tokens of a statement and finds what may be a schema's name.
pub(super) struct Walk<'a> {
    text: &'a str,
    found: Vec<Candidate<'a>>,
    /// The names before this token, parted by periods.
    chain: Vec<(Option<Cow<'a, str>>, usize)>,
    /// Whether the last token was a period that goes on with the chain.
    goes_on: bool,
    /// The token before the chain, and the one before that.
    before: [Option<Token>; 2],
    /// The last two tokens.
    last: [Option<Token>; 2],
    list: List,
}

/// Whether names stand by themselves for schemas, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    None,
    /// The next name is a schema's.
    Name,
    /// If a comma comes, another name follows.
    Comma,
    /// After `search_path`, `=` or `TO` comes first.
    Sign,
}

/// After these words a name with a period is that of something in a schema.
const BEFORE_OBJECTS: [&str; 38] = [
    "from",
    "join",
    "into",
    "update",
    "table",
    "only",
    "references",
    "view",
    "index",
    "sequence",
    "type",
    "function",
    "procedure",
    "routine",
    "aggregate",
    "domain",
    "policy",
    "rule",
    "statistics",
    "collation",
    "collate",
    "operator",
    "exists",
    "inherits",
    "like",
    "of",
    "copy",
    "truncate",
    "lock",
    "analyze",
    "vacuum",
    "reindex",
    "cluster",
    "call",
    "using",
    "concurrently",
    "as",
    "returns",
];

/// Functions whose first argument is a name in a string.
const READ_NAMES: [&str; 9] = [
    "nextval",
    "currval",
    "setval",
    "to_regclass",
    "to_regtype",
    "to_regproc",
    "to_regprocedure",
    "to_regnamespace",
    "pg_get_serial_sequence",
];

/// What a trigger and ON CONFLICT call their rows.
const ROWS: [&str; 3] = ["new", "old", "excluded"];

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            found: Vec::new(),
            chain: Vec::new(),
            goes_on: false,
            before: [None; 2],
            last: [None; 2],
            list: List::None,
        }
    }

    /// Takes a token that is not blank.
    pub(super) fn take(&mut self, token: Token) {
        let is_part = token.kind.is_name() || token.kind == TokenKind::Placeholder;
        let text = token.text(self.text);
        if is_part && (self.goes_on || self.chain.is_empty()) {
            if self.chain.is_empty() {
                self.before = self.last;
            }
            self.chain.push((name(self.text, token), token.start));
            self.goes_on = false;
        } else if text == "." && !self.chain.is_empty() && !self.goes_on {
            self.goes_on = true;
        } else {
            self.end_chain(Some(token));
            if is_part {
                self.before = self.last;
                self.chain.push((name(self.text, token), token.start));
            } else {
                self.take_other(token);
            }
        }
        self.last = [self.last[1], Some(token)];
    }

    pub(super) fn finish(mut self) -> Vec<Candidate<'a>> {
        self.end_chain(None);
        self.found
    }

    fn end_chain(&mut self, next: Option<Token>) {
        self.goes_on = false;
        let chain = std::mem::take(&mut self.chain);
        match chain.as_slice() {
            [] => {}
            [(Some(word), at)] => self.word(word.clone(), *at),
            // A placeholder is no other tenant's schema.
            [(None, _), ..] => self.list = List::None,
            [(Some(first), at), rest @ ..] => {
                let after_type = self.before[1].is_some_and(|token| token.text(self.text) == "::");
                let calls = next.is_some_and(|token| token.text(self.text) == "(");
                let before_object = self.is_before(1, &BEFORE_OBJECTS);
                let is_row = rest.len() == 1 && ROWS.contains(&&**first);
                if !is_row || before_object {
                    let is_certain = rest.len() > 1 || after_type || calls || before_object;
                    self.push(first.clone(), *at, is_certain);
                }
                // database.schema.table
                if let [(Some(second), at), _, ..] = rest
                    && (before_object || rest.len() > 2)
                {
                    self.push(second.clone(), *at, true);
                }
                self.list = List::None;
            }
        }
    }

    /// A name without a period.
    fn word(&mut self, word: Cow<'a, str>, at: usize) {
        let is_schema = word == "schema" && !self.is_before(1, &["."]);
        self.list = match (self.list, &*word) {
            (List::Name, "if" | "not" | "exists" | "authorization") => List::Name,
            (List::Name, _) => {
                self.push(word, at, true);
                List::Comma
            }
            (List::Sign, "to") => List::Name,
            _ if is_schema => List::Name,
            (_, "search_path") => List::Sign,
            _ => List::None,
        };
    }

    /// A token that is no name.
    fn take_other(&mut self, token: Token) {
        let text = token.text(self.text);
        self.list = match (self.list, text) {
            (List::Sign, "=") | (List::Comma, ",") => List::Name,
            (List::Name, _) if token.kind.is_string() => {
                if let Some(schema) = token.string(self.text) {
                    self.push(schema, token.start, true);
                }
                List::Comma
            }
            _ => List::None,
        };
        if token.kind == TokenKind::Punctuation && text == "::" {
            return;
        }
        if token.kind.is_string() {
            let called = self.last[1].is_some_and(|token| token.text(self.text) == "(")
                && self.last[0].is_some_and(|token| self.is_one_of(token, &READ_NAMES));
            let typed = self.last[1].is_some_and(|token| self.is_reg(token));
            if called || typed || self.cast_follows(token) {
                self.names_in_string(token);
            }
        }
    }

    /// Whether `::regclass` or the like comes next.
    fn cast_follows(&self, token: Token) -> bool {
        let mut after = Lexer::new(&self.text[token.end..]).filter(|token| !token.kind.is_blank());
        let rest = &self.text[token.end..];
        after.next().is_some_and(|token| token.text(rest) == "::")
            && after.next().is_some_and(|token| is_reg(rest, token))
    }

    fn is_reg(&self, token: Token) -> bool {
        is_reg(self.text, token)
    }

    fn names_in_string(&mut self, token: Token) {
        let Some(content) = token.string(self.text) else {
            return;
        };
        let is_namespace = self.text[token.end..].trim_start().starts_with("::regnamespace");
        let parts: Vec<Token> =
            Lexer::new(&content).filter(|token| !token.kind.is_blank()).take(2).collect();
        let is_schema = match parts.as_slice() {
            [_, period] => period.text(&content) == ".",
            [_] => is_namespace,
            _ => false,
        };
        if let (true, Some(schema)) =
            (is_schema, parts.first().and_then(|part| part.name(&content)))
        {
            self.push(Cow::Owned(schema.into_owned()), token.start, true);
        }
    }

    fn push(&mut self, name: Cow<'a, str>, at: usize, is_certain: bool) {
        self.found.push(Candidate { schema: SchemaName { name, at }, is_certain });
    }

    /// Whether the word before the chain, or the one before that, is one of these.
    fn is_before(&self, index: usize, words: &[&str]) -> bool {
        self.before[index].is_some_and(|token| self.is_one_of(token, words))
    }

    fn is_one_of(&self, token: Token, words: &[&str]) -> bool {
        let text = token.text(self.text);
        words.iter().any(|word| text.eq_ignore_ascii_case(word))
    }
}

/// Whether it is one of PostgreSQL's types that name something.
fn is_reg(text: &str, token: Token) -> bool {
    const TYPES: [&str; 9] = [
        "regclass",
        "regcollation",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
        "regrole",
        "regtype",
    ];
    TYPES.iter().any(|name| token.is(text, name))
}
