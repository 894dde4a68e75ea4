use std::ops::Range;

use crate::{Kind, Lexer, Token, TokenKind, kind::Words, lines::Lines};

/// Where a statement is in a script, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    start: u32,
    end: u32,
    line: u32,
    column: u32,
    kind: Kind,
}

impl Statement {
    /// Its bytes: from its first word to its last, without the semicolon and what is around it.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The line of its first word, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line as usize
    }

    /// The column of its first word, in characters from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column as usize
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its text.
    #[must_use]
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.range()]
    }
}

/// The statements of a script, found as PostgreSQL's grammar does: not by every semicolon, since those
/// in parentheses (`CREATE RULE … DO (…; …)`) and in the body of a function (`BEGIN ATOMIC … END`) part nothing.
///
/// Data that follows a `COPY … FROM STDIN`, up to `\.`, is passed over.
///
/// # Panics
///
/// If the script has 4 GiB or more.
pub fn statements(sql: &str) -> Statements<'_> {
    assert!(u32::try_from(sql.len()).is_ok(), "a script of 4 GiB or more");
    Statements { sql, lexer: Lexer::new(sql), lines: Lines::new(sql), data_end: Some(0) }
}

/// See [`statements`].
#[derive(Clone, Debug)]
pub struct Statements<'a> {
    sql: &'a str,
    lexer: Lexer<'a>,
    lines: Lines<'a>,
    /// Where the next data of a COPY ends, as far as it was looked for; none where there is no more.
    data_end: Option<usize>,
}

impl Iterator for Statements<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        let first = self
            .lexer
            .find(|token| !token.kind.is_blank() && token.kind != TokenKind::Semicolon)?;
        let mut end = first.end;
        let mut depth = Depth::default();
        let mut words = Words::default();
        depth.take(self.sql, first, &words);
        words.take(self.sql, first);
        while first.kind != TokenKind::Backslash
            && let Some(token) = self.lexer.next()
        {
            if token.kind.is_blank() {
                continue;
            }
            if token.kind == TokenKind::Semicolon && depth.is_outside() {
                break;
            }
            end = token.end;
            depth.take(self.sql, token, &words);
            words.take(self.sql, token);
        }
        let kind = words.kind();
        if kind == Kind::CopyFromStdin {
            self.skip_data();
        }
        let (line, column) = self.lines.at(first.start);
        let [start, end, line, column] = [first.start, end, line, column]
            .map(|number| u32::try_from(number).expect("a script has less than 4 GiB"));
        Some(Statement { start, end, line, column, kind })
    }
}

impl Statements<'_> {
    /// Passes over COPY's data, if it has an end.
    fn skip_data(&mut self) {
        let at = self.lexer.position();
        if self.data_end.is_some_and(|end| end < at) {
            let rest = &self.sql[at..];
            let mut ends = rest.match_indices("\n\\.").map(|(begin, end)| begin + end.len());
            let is_line =
                |end: &usize| rest.len() == *end || rest[*end..].starts_with(['\n', '\r']);
            self.data_end = ends.find(is_line).map(|end| at + end);
        }
        if let Some(end) = self.data_end {
            self.lexer.skip_to(end);
        }
    }
}

/// How deep in parentheses and function bodies a token is.
#[derive(Debug, Default)]
struct Depth {
    parentheses: usize,
    /// `BEGIN ATOMIC` and the CASEs in it.
    bodies: usize,
    before: Before,
}

/// What matters of the token before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    Begin,
    /// `AS` or a period: what follows is a name, whatever it reads like.
    Name,
}

impl Depth {
    fn is_outside(&self) -> bool {
        self.parentheses == 0 && self.bodies == 0
    }

    fn take(&mut self, sql: &str, token: Token, words: &Words) {
        let before = std::mem::take(&mut self.before);
        let text = token.text(sql);
        match token.kind {
            TokenKind::Punctuation => match text {
                "(" => self.parentheses += 1,
                ")" => self.parentheses = self.parentheses.saturating_sub(1),
                "." => self.before = Before::Name,
                _ => {}
            },
            TokenKind::Word if matches!(text.len(), 2..=6) => {
                let is = |word: &str| text.eq_ignore_ascii_case(word);
                if is("as") {
                    self.before = Before::Name;
                } else if is("begin") {
                    self.before = Before::Begin;
                } else if before == Before::Begin && is("atomic") {
                    self.bodies += usize::from(self.is_outside() && words.make_routine());
                } else if self.bodies > 0 && before != Before::Name {
                    if is("case") {
                        self.bodies += 1;
                    } else if is("end") {
                        self.bodies -= 1;
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
