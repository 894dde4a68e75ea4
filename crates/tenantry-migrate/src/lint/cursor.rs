use std::borrow::Cow;

use tenantry_sql::{Lexer, Statement, Token, TokenKind};

/// Goes over the words of a statement.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// The byte of the file where the text begins.
    offset: usize,
    /// Those that are not blank.
    tokens: std::rc::Rc<[Token]>,
    at: usize,
    end: usize,
}

/// What statements begin with that may be of interest. Others may be long, and are not kept.
const FIRST: [&str; 12] = [
    "alter", "cluster", "create", "delete", "drop", "lock", "refresh", "reindex", "truncate",
    "update", "vacuum", "with",
];
/// The most tokens of a statement that are looked at.
const MOST: usize = 100_000;

/// The name of a thing, perhaps in a schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    /// None of what is in the schema that is migrated, also by `{schema}`.
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

impl<'a> Cursor<'a> {
    pub(super) fn of(sql: &'a str, statement: &Statement) -> Option<Self> {
        let text = statement.text(sql);
        let mut tokens = Lexer::new(text).filter(|token| !token.kind.is_blank());
        let first = tokens.next()?;
        if !FIRST.iter().any(|word| first.is(text, word)) {
            return None;
        }
        let tokens: std::rc::Rc<[Token]> =
            std::iter::once(first).chain(tokens).take(MOST).collect();
        let end = tokens.len();
        Some(Self { text, offset: statement.range().start, tokens, at: 0, end })
    }

    /// The byte of the file where the next token begins, or the last one ends.
    pub(super) fn position(&self) -> usize {
        let next = self.peek().map(|token| token.start);
        let last = || self.tokens[..self.end].last().map_or(0, |token| token.end);
        self.offset + next.unwrap_or_else(last)
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.tokens[..self.end].get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    pub(super) fn text_of(&self, token: Token) -> &'a str {
        token.text(self.text)
    }

    /// Whether these words come next.
    pub(super) fn sees(&self, words: &[&str]) -> bool {
        let rest = &self.tokens[self.at..self.end];
        rest.len() >= words.len()
            && words.iter().zip(rest).all(|(word, token)| token.is(self.text, word))
    }

    pub(super) fn sees_sign(&self, sign: &str) -> bool {
        self.peek().is_some_and(|token| token.text(self.text) == sign)
    }

    /// Goes over these words, if they come next.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let sees = self.sees(words);
        if sees {
            self.at += words.len();
        }
        sees
    }

    /// Goes over one of these, and says which.
    pub(super) fn eat_one<'b>(&mut self, words: &[&'b str]) -> Option<&'b str> {
        let found = words.iter().copied().find(|word| self.sees(&[word]))?;
        self.at += 1;
        Some(found)
    }

    pub(super) fn eat_sign(&mut self, sign: &str) -> bool {
        let sees = self.sees_sign(sign);
        self.at += usize::from(sees);
        sees
    }

    /// A name that has no schema.
    pub(super) fn simple_name(&mut self) -> Option<String> {
        let token = self.peek().filter(|token| token.kind.is_name())?;
        self.at += 1;
        token.name(self.text).map(Cow::into_owned)
    }

    /// A name, perhaps with a schema.
    pub(super) fn name(&mut self) -> Option<Name> {
        let mut parts: Vec<Option<String>> = Vec::new();
        loop {
            let token = self.peek()?;
            match token.kind {
                kind if kind.is_name() => parts.push(token.name(self.text).map(Cow::into_owned)),
                TokenKind::Placeholder if self.text_of(token) == "{schema}" => parts.push(None),
                TokenKind::Placeholder => parts.push(Some(self.text_of(token).to_owned())),
                _ => return None,
            }
            self.at += 1;
            if !self.eat_sign(".") {
                break;
            }
        }
        let name = parts.pop().flatten()?;
        Some(Name { schema: parts.pop().flatten(), name })
    }

    /// Goes over `( … )`, and gives what is inside.
    pub(super) fn parenthesised(&mut self) -> Option<Self> {
        if !self.eat_sign("(") {
            return None;
        }
        let start = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            match self.text_of(token) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(Self { at: start, end: self.at - 1, ..self.clone() });
            }
        }
        Some(Self { at: start, ..self.clone() })
    }

    /// What is parted by commas, outside of parentheses.
    pub(super) fn parts(mut self) -> Vec<Self> {
        let mut parts = Vec::new();
        let (mut depth, mut start) = (0_usize, self.at);
        while let Some(token) = self.next() {
            match self.text_of(token) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    parts.push(Self { at: start, end: self.at - 1, ..self.clone() });
                    start = self.at;
                }
                _ => {}
            }
        }
        parts.push(Self { at: start, ..self });
        parts
    }

    /// Whether these words come somewhere, outside of parentheses.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        let mut cursor = self.clone();
        cursor.find(words).is_some()
    }

    /// Goes to where these words come, outside of parentheses, and says where that is.
    pub(super) fn find(&mut self, words: &[&str]) -> Option<usize> {
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if depth == 0 && self.sees(words) {
                return Some(self.position());
            }
            match self.text_of(token) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    /// The rest, token by token.
    pub(super) fn rest(&self) -> impl Iterator<Item = (Token, &'a str)> + '_ {
        self.tokens[self.at..self.end].iter().map(|token| (*token, token.text(self.text)))
    }
}
