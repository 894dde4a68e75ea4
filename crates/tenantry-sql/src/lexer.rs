use crate::{Token, TokenKind};

/// Goes through a script, token by token, as PostgreSQL does with `standard_conforming_strings` on.
///
/// No text is an error here: what is left open ends with the script.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    /// A string that the next quote goes on with, if a line ends before it.
    continued: Option<Continued>,
    /// Up to where there are signs alone, each an operator of its own.
    signs_end: usize,
}

/// PostgreSQL joins `'one'` and, on another line, `'two'`; the second is of the kind of the first.
#[derive(Clone, Copy, Debug)]
struct Continued {
    kind: TokenKind,
    line_ended: bool,
}

impl<'a> Lexer<'a> {
    /// At the beginning of a script.
    #[must_use]
    pub fn new(sql: &'a str) -> Self {
        Self { sql, at: 0, continued: None, signs_end: 0 }
    }

    /// The first byte that has not been read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Goes on at this byte.
    pub(crate) fn skip_to(&mut self, at: usize) {
        self.at = at;
        self.continued = None;
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let first = *self.bytes().get(start)?;
        let kind = self.read(first);
        debug_assert!(self.at > start, "each token goes on");
        self.continued = match kind {
            TokenKind::String
            | TokenKind::EscapeString
            | TokenKind::UnicodeString
            | TokenKind::BitString => Some(Continued { kind, line_ended: false }),
            TokenKind::Whitespace => self.continued.map(|continued| Continued {
                line_ended: continued.line_ended
                    || self.bytes()[start..self.at].iter().any(|&byte| is_line_end(byte)),
                ..continued
            }),
            TokenKind::LineComment => self.continued,
            _ => None,
        };
        Some(Token { kind, start, end: self.at })
    }
}

impl<'a> Lexer<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.sql.as_bytes()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes().get(self.at + ahead).copied()
    }

    /// Reads one token, whose first byte is this.
    fn read(&mut self, first: u8) -> TokenKind {
        match first {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                self.take_while(is_space);
                TokenKind::Whitespace
            }
            b'-' if self.peek(1) == Some(b'-') => {
                self.take_while(|byte| !is_line_end(byte));
                TokenKind::LineComment
            }
            b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
            b'\'' => {
                let kind = match self.continued {
                    Some(Continued { kind, line_ended: true }) => kind,
                    _ => TokenKind::String,
                };
                self.string(kind, 1)
            }
            b'"' => self.quoted_name(TokenKind::QuotedName, 1),
            b'$' => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) => self.number(),
            b'.' if self.peek(1) == Some(b'.') => self.take(2, TokenKind::Punctuation),
            b':' if matches!(self.peek(1), Some(b':' | b'=')) => {
                self.take(2, TokenKind::Punctuation)
            }
            b'(' | b')' | b'[' | b']' | b',' | b'.' | b':' => self.take(1, TokenKind::Punctuation),
            b';' => self.take(1, TokenKind::Semicolon),
            b'{' => self.brace(),
            b'\\' => {
                self.take_while(|byte| !is_line_end(byte));
                TokenKind::Backslash
            }
            _ if is_name_start(first) => self.word(first),
            _ if is_operator(first) => self.operator(),
            _ => self.take(1, TokenKind::Other),
        }
    }

    fn take(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.at += bytes;
        kind
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) {
        let rest = &self.bytes()[self.at..];
        self.at += rest.iter().position(|&byte| !is_part(byte)).unwrap_or(rest.len());
    }

    fn block_comment(&mut self) -> TokenKind {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        break;
                    }
                }
                _ => self.at += 1,
            }
        }
        TokenKind::BlockComment
    }

    /// A string, after so many bytes of its beginning.
    fn string(&mut self, kind: TokenKind, prefix: usize) -> TokenKind {
        self.at += prefix;
        let escapes = kind == TokenKind::EscapeString;
        loop {
            self.take_while(|byte| byte != b'\'' && !(escapes && byte == b'\\'));
            match (self.peek(0), self.peek(1)) {
                (None, _) => return kind,
                (Some(b'\\'), _) | (Some(_), Some(b'\'')) => self.pair(),
                _ => return self.take(1, kind),
            }
        }
    }

    /// A character that belongs to the one before it. What is escaped may be of several bytes, of which
    /// the first is enough: none of the others is a quote or a backslash.
    fn pair(&mut self) {
        self.at += 2;
        while !self.sql.is_char_boundary(self.at.min(self.sql.len())) {
            self.at += 1;
        }
        self.at = self.at.min(self.sql.len());
    }

    fn quoted_name(&mut self, kind: TokenKind, prefix: usize) -> TokenKind {
        self.at += prefix;
        loop {
            self.take_while(|byte| byte != b'"');
            match (self.peek(0), self.peek(1)) {
                (None, _) => return kind,
                (_, Some(b'"')) => self.at += 2,
                _ => return self.take(1, kind),
            }
        }
    }

    /// `$1`, `$tag$ … $tag$`, or a `$` that is neither.
    fn dollar(&mut self) -> TokenKind {
        if self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            self.take_while(|byte| byte.is_ascii_digit());
            return TokenKind::Parameter;
        }
        let rest = &self.sql[self.at..];
        let name = &rest.as_bytes()[1..];
        let length = name.iter().position(|&byte| !is_name(byte) || byte == b'$');
        let tag = length
            .filter(|&length| name[length] == b'$' && (length == 0 || !name[0].is_ascii_digit()));
        let Some(tag) = tag.map(|length| &rest[..length + 2]) else {
            return self.take(1, TokenKind::Other);
        };
        let body = &rest[tag.len()..];
        self.at += tag.len() + body.find(tag).map_or(body.len(), |end| end + tag.len());
        TokenKind::DollarString
    }

    /// A number, as far as PostgreSQL takes it for one: `1..10` begins with `1`.
    fn number(&mut self) -> TokenKind {
        let radix = match (self.peek(0), self.peek(1)) {
            (Some(b'0'), Some(b'x' | b'X')) => Some(16),
            (Some(b'0'), Some(b'o' | b'O')) => Some(8),
            (Some(b'0'), Some(b'b' | b'B')) => Some(2),
            _ => None,
        };
        let is_digit = |byte: u8, radix| byte == b'_' || char::from(byte).is_digit(radix);
        if let Some(radix) = radix
            && self.peek(2).is_some_and(|byte| is_digit(byte, radix))
        {
            self.at += 2;
            self.take_while(|byte| is_digit(byte, radix));
            return TokenKind::Number;
        }
        self.take_while(|byte| is_digit(byte, 10));
        if self.peek(0) == Some(b'.') && self.peek(1) != Some(b'.') {
            self.at += 1;
            self.take_while(|byte| is_digit(byte, 10));
        }
        if let Some(b'e' | b'E') = self.peek(0) {
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if self.peek(1 + sign).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1 + sign;
                self.take_while(|byte| is_digit(byte, 10));
            }
        }
        TokenKind::Number
    }

    /// `{name}`, or a brace that means nothing.
    fn brace(&mut self) -> TokenKind {
        let rest = &self.bytes()[self.at + 1..];
        let length = rest.iter().position(|&byte| !(byte.is_ascii_alphabetic() || byte == b'_'));
        match length {
            Some(length @ 1..) if rest[length] == b'}' => {
                self.take(length + 2, TokenKind::Placeholder)
            }
            _ => self.take(1, TokenKind::Other),
        }
    }

    /// A keyword or name, or a string or name that begins with a letter.
    fn word(&mut self, first: u8) -> TokenKind {
        match (first, self.peek(1), self.peek(2)) {
            (b'e' | b'E', Some(b'\''), _) => self.string(TokenKind::EscapeString, 2),
            (b'n' | b'N', Some(b'\''), _) => self.string(TokenKind::String, 2),
            (b'b' | b'B' | b'x' | b'X', Some(b'\''), _) => self.string(TokenKind::BitString, 2),
            (b'u' | b'U', Some(b'&'), Some(b'\'')) => self.string(TokenKind::UnicodeString, 3),
            (b'u' | b'U', Some(b'&'), Some(b'"')) => self.quoted_name(TokenKind::UnicodeName, 3),
            _ => {
                self.take_while(is_name);
                TokenKind::Word
            }
        }
    }

    /// An operator: up to where a comment begins, and without a sign that belongs to a number.
    fn operator(&mut self) -> TokenKind {
        if self.at < self.signs_end {
            return self.take(1, TokenKind::Operator);
        }
        let rest = &self.bytes()[self.at..];
        let rest = &rest[..rest.len().min(LONGEST_OPERATOR)];
        let mut length = rest.iter().position(|&byte| !is_operator(byte)).unwrap_or(rest.len());
        let comment = rest[..length].windows(2).position(|pair| pair == b"--" || pair == b"/*");
        length = comment.unwrap_or(length);
        if length == LONGEST_OPERATOR && matches!(rest[length - 1], b'-' | b'/') {
            // It may begin a comment.
            length -= 1;
        }
        let is_special = |byte: &u8| b"~!@#^&|`?%".contains(byte);
        if !rest[..length].iter().any(is_special) {
            let signs = rest[1..length].iter().rev().take_while(|byte| matches!(byte, b'+' | b'-'));
            let signs = signs.count();
            self.signs_end = self.at + length;
            length -= signs;
        }
        self.take(length, TokenKind::Operator)
    }
}

/// PostgreSQL refuses longer ones.
const LONGEST_OPERATOR: usize = 64;

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_name(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

#[cfg(test)]
pub(crate) mod tests;
