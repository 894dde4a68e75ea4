//! What a script is made of.

use std::{borrow::Cow, ops::Range};

/// A piece of a script. Tokens follow each other without gaps: whitespace and comments are some, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Blanks and line ends.
    Whitespace,
    /// `-- …`, without the end of the line.
    LineComment,
    /// `/* … */`, with those inside of it.
    BlockComment,
    /// A keyword or a name without quotes.
    Word,
    /// `"…"`.
    QuotedName,
    /// `U&"…"`.
    UnicodeName,
    /// `'…'` or `N'…'`.
    String,
    /// `E'…'`, in which a backslash escapes.
    EscapeString,
    /// `U&'…'`.
    UnicodeString,
    /// `B'…'` or `X'…'`.
    BitString,
    /// `$tag$…$tag$`.
    DollarString,
    /// `$1`.
    Parameter,
    /// `42`, `1.5e-3`, `0x2A`.
    Number,
    /// One of `+ - * / < > = ~ ! @ # % ^ & | ?` and the backtick, or several.
    Operator,
    /// `(`, `)`, `[`, `]`, `,`, `.`, `:`, `::`, `:=` and `..`.
    Punctuation,
    /// `;`.
    Semicolon,
    /// `{name}`: nothing that PostgreSQL knows, but what a tool may replace.
    Placeholder,
    /// A backslash outside of strings, to the end of the line: a command to psql.
    Backslash,
    /// A character that has no meaning outside of strings.
    Other,
}

impl TokenKind {
    /// Whether PostgreSQL takes it for nothing: whitespace or a comment.
    #[must_use]
    pub fn is_blank(self) -> bool {
        matches!(self, Self::Whitespace | Self::LineComment | Self::BlockComment)
    }

    /// Whether it is a string of any kind.
    #[must_use]
    pub fn is_string(self) -> bool {
        matches!(
            self,
            Self::String
                | Self::EscapeString
                | Self::UnicodeString
                | Self::BitString
                | Self::DollarString
        )
    }

    /// Whether it may be a name.
    #[must_use]
    pub fn is_name(self) -> bool {
        matches!(self, Self::Word | Self::QuotedName | Self::UnicodeName)
    }
}

impl Token {
    /// Its text.
    #[must_use]
    pub fn text(self, sql: &str) -> &str {
        &sql[self.start..self.end]
    }

    /// Its bytes.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether it is this keyword, which is given in lower case.
    #[must_use]
    pub fn is(self, sql: &str, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(keyword)
    }

    /// The name it stands for: folded to lower case, or without its quotes.
    #[must_use]
    pub fn name(self, sql: &str) -> Option<Cow<'_, str>> {
        let text = self.text(sql);
        match self.kind {
            TokenKind::Word if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Some(text.to_ascii_lowercase().into())
            }
            TokenKind::Word => Some(text.into()),
            TokenKind::QuotedName => Some(undouble(inner(text, 1, "\""), "\"")),
            TokenKind::UnicodeName => {
                Some(unicode_escapes(&undouble(inner(text, 3, "\""), "\"")).into())
            }
            _ => None,
        }
    }

    /// What a string says; of a bit string, its digits.
    #[must_use]
    pub fn string(self, sql: &str) -> Option<Cow<'_, str>> {
        let text = self.text(sql);
        let quote = text.find('\'').map_or(0, |at| at + 1);
        match self.kind {
            TokenKind::String | TokenKind::BitString => {
                Some(undouble(inner(text, quote, "'"), "'"))
            }
            TokenKind::EscapeString => {
                Some(backslash_escapes(&undouble(inner(text, quote, "'"), "'")).into())
            }
            TokenKind::UnicodeString => {
                Some(unicode_escapes(&undouble(inner(text, quote, "'"), "'")).into())
            }
            TokenKind::DollarString => Some(text[self.dollar_content(sql)].into()),
            _ => None,
        }
    }

    /// Where a dollar-quoted string's content is, counted from the token's first byte.
    #[must_use]
    pub fn dollar_content(self, sql: &str) -> Range<usize> {
        let text = self.text(sql);
        let tag = text.get(1..).and_then(|rest| rest.find('$')).map_or(text.len(), |at| at + 2);
        let has_end = text.len() >= 2 * tag && text.ends_with(&text[..tag]);
        tag..if has_end { text.len() - tag } else { text.len() }
    }
}

/// What is between the quotes; the second may be missing at the end of a script.
fn inner<'a>(text: &'a str, start: usize, quote: &str) -> &'a str {
    let rest = text.get(start..).unwrap_or_default();
    rest.strip_suffix(quote).unwrap_or(rest)
}

fn undouble<'a>(text: &'a str, quote: &str) -> Cow<'a, str> {
    let doubled = [quote, quote].concat();
    if text.contains(&doubled) { text.replace(&doubled, quote).into() } else { text.into() }
}

/// `\0061` and `\+000061`, with the usual escape character.
fn unicode_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = if after.starts_with('+') { 1..7 } else { 0..4 };
        let code = after.get(digits.clone()).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(character) = code.and_then(char::from_u32) {
            out.push(character);
            rest = &after[digits.end..];
        } else {
            out.push('\\');
            rest = after.strip_prefix('\\').unwrap_or(after);
        }
    }
    out.push_str(rest);
    out
}

/// `\n`, `\'`, `\x41`, `\u0041` and their like.
fn backslash_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('x') => push_code(&mut out, &mut rest, 2, 16),
            Some('u') => push_code(&mut out, &mut rest, 4, 16),
            Some('U') => push_code(&mut out, &mut rest, 8, 16),
            Some(digit @ '0'..='7') => {
                let mut digits = String::from(digit);
                while let Some(next @ '0'..='7') = rest.clone().next()
                    && digits.len() < 3
                {
                    digits.push(next);
                    rest.next();
                }
                out.extend(u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn push_code(out: &mut String, rest: &mut std::str::Chars<'_>, longest: usize, radix: u32) {
    let digits: String =
        rest.clone().take(longest).take_while(|digit| digit.is_digit(radix)).collect();
    rest.by_ref().take(digits.len()).for_each(drop);
    out.extend(u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32));
}
