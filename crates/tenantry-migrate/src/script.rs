//! What can be told about a migration's SQL without PostgreSQL: whether it holds any statement,
//! and whether one of them cannot be part of a transaction that is not its own.
//!
//! It reads as much of PostgreSQL's syntax as it takes to find where statements end: strings,
//! quoted names, dollar quotes, comments, parentheses and the bodies of SQL functions, as psql does.

use std::fmt;

/// What a migration must not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where the statement begins, from 1.
    pub(crate) line: usize,
    pub(crate) kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// BEGIN, COMMIT and their like.
    TransactionControl(String),
    /// COPY … FROM STDIN, whose data is psql's to send.
    CopyFromStdin,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TransactionControl(word) => write!(
                f,
                "{word} is not allowed in a migration: each file runs in one transaction, \
                 together with its row in the ledger"
            ),
            Self::CopyFromStdin => write!(
                f,
                "COPY … FROM STDIN needs psql; write INSERT statements (pg_dump --inserts does)"
            ),
        }
    }
}

/// Reads a script through: how many statements it has.
pub(crate) fn check(sql: &str) -> Result<usize, Fault> {
    let mut count = 0;
    for statement in (Scanner { bytes: sql.as_bytes(), at: 0, line: 1 }) {
        count += 1;
        statement.check()?;
    }
    Ok(count)
}

/// One statement, as far as it matters here.
#[derive(Debug, Default)]
struct Statement {
    line: usize,
    /// Its first words, in lower case.
    words: Vec<String>,
    /// Whether it has `FROM STDIN` in it.
    from_stdin: bool,
}

/// No statement is told from another by more words than this.
const WORDS: usize = 5;

impl Statement {
    fn check(&self) -> Result<(), Fault> {
        let fault = |kind| Err(Fault { line: self.line, kind });
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match *words.as_slice() {
            ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => Ok(()),
            ["prepare", "transaction", ..] => {
                fault(FaultKind::TransactionControl("PREPARE TRANSACTION".to_owned()))
            }
            [word @ ("begin" | "start" | "commit" | "end" | "rollback" | "abort"), ..] => {
                fault(FaultKind::TransactionControl(word.to_uppercase()))
            }
            ["copy", ..] if self.from_stdin => fault(FaultKind::CopyFromStdin),
            _ => Ok(()),
        }
    }

    /// Whether it makes a function or procedure, whose body may hold whole statements.
    fn makes_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            *words.as_slice(),
            ["create", "function" | "procedure", ..]
                | ["create", "or", "replace", "function" | "procedure", ..]
        )
    }
}

/// Goes through a script, statement by statement.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl Iterator for Scanner<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        let mut statement = Statement::default();
        let (mut parentheses, mut bodies) = (0_usize, 0_usize);
        let mut last = String::new();
        let mut any = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            match byte {
                b';' if parentheses == 0 && bodies == 0 => {
                    self.advance(1);
                    if any {
                        return Some(statement);
                    }
                    continue;
                }
                _ if byte.is_ascii_whitespace() => {
                    self.advance(1);
                    continue;
                }
                b'-' if self.follows(b"--") => {
                    self.comment();
                    continue;
                }
                b'/' if self.follows(b"/*") => {
                    self.nested_comment();
                    continue;
                }
                _ => {}
            }
            if !any {
                any = true;
                statement.line = self.line;
            }
            match byte {
                b'\'' => self.quoted(b'\'', false),
                b'"' => self.quoted(b'"', false),
                b'$' => self.dollar_quoted(),
                _ if is_name_start(byte) => {
                    let word = self.word();
                    if word == "e" && self.bytes.get(self.at) == Some(&b'\'') {
                        self.quoted(b'\'', true);
                        continue;
                    }
                    statement.from_stdin |= last == "from" && word == "stdin";
                    if parentheses == 0 && statement.makes_routine() {
                        match word.as_str() {
                            "begin" => bodies += 1,
                            "case" if bodies > 0 => bodies += 1,
                            "end" => bodies = bodies.saturating_sub(1),
                            _ => {}
                        }
                    }
                    if statement.words.len() < WORDS {
                        statement.words.push(word.clone());
                    }
                    last = word;
                }
                _ if byte.is_ascii_digit() => {
                    self.word();
                }
                b'(' => {
                    parentheses += 1;
                    self.advance(1);
                }
                b')' => {
                    parentheses = parentheses.saturating_sub(1);
                    self.advance(1);
                }
                _ => self.advance(1),
            }
            debug_assert!(self.at > start, "each turn goes on");
        }
        any.then_some(statement)
    }
}

impl Scanner<'_> {
    fn advance(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.bytes.len());
        self.line += self.bytes[self.at..end].iter().filter(|&&byte| byte == b'\n').count();
        self.at = end;
    }

    fn follows(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    /// To the end of the line.
    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        self.advance(length);
    }

    fn nested_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.bytes.len() {
            if self.follows(b"/*") {
                depth += 1;
                self.advance(2);
            } else if self.follows(b"*/") {
                depth -= 1;
                self.advance(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.advance(1);
            }
        }
    }

    /// A string or quoted name. A doubled quote ends it and begins the next, which comes to the
    /// same.
    fn quoted(&mut self, quote: u8, backslashes: bool) {
        self.advance(1);
        while let Some(&byte) = self.bytes.get(self.at) {
            if backslashes && byte == b'\\' {
                self.advance(2);
                continue;
            }
            self.advance(1);
            if byte == quote {
                // In an escape string the doubled quote does not end it: what follows may be
                // escaped, too.
                if backslashes && self.bytes.get(self.at) == Some(&quote) {
                    self.advance(1);
                    continue;
                }
                return;
            }
        }
    }

    /// `$tag$ … $tag$`, or a `$` that is no quote.
    fn dollar_quoted(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        let length = rest.iter().take_while(|&&byte| is_name(byte) && byte != b'$').count();
        let is_tag = rest.get(length) == Some(&b'$')
            && rest.first().is_some_and(|first| length == 0 || is_name_start(*first));
        if !is_tag {
            self.advance(1);
            return;
        }
        let tag = &self.bytes[self.at..self.at + length + 2];
        let body = &self.bytes[self.at + tag.len()..];
        let end = body.windows(tag.len()).position(|window| window == tag);
        self.advance(tag.len() + end.map_or(body.len(), |end| end + tag.len()));
    }

    /// A keyword, name or number, in lower case.
    fn word(&mut self) -> String {
        let start = self.at;
        let length = self.bytes[start..].iter().take_while(|&&byte| is_name(byte)).count();
        self.advance(length);
        String::from_utf8_lossy(&self.bytes[start..self.at]).to_ascii_lowercase()
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_name(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

#[cfg(test)]
mod tests;
