//! What keeps the text of a tenant's `db.query` in its place, before PostgreSQL sees it.
//!
//! Everything is refused that is not known to be harmless: one statement, which reads or changes
//! rows; no name of PostgreSQL's own; no function of PostgreSQL's but those listed in
//! [`functions`]; none by a schema's name. Which tables the text names is then asked of PostgreSQL
//! itself, before it is run: see [`verify`](super::verify).

mod functions;
mod refused;
mod words;

use std::collections::BTreeSet;

use tenantry_sql::{Lexer, Token, TokenKind};

pub(crate) use self::{functions::Functions, refused::Refused};

/// PostgreSQL cuts longer names, so that they would be others than they seem.
const LONGEST_NAME: usize = 63;

/// What is to know of a text that was not refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The names before periods. None of them may be a schema's but the shared one's, which nobody
    /// but PostgreSQL can say.
    pub(crate) qualifiers: BTreeSet<String>,
}

/// Reads a text; `functions` are those there are.
pub(crate) fn read(sql: &str, functions: &Functions) -> Result<Reading, Refused> {
    if sql.contains('\0') {
        return Err(Refused::at(sql, 0, "a text with a NUL in it".to_owned()));
    }
    let tokens: Vec<Token> = Lexer::new(sql).filter(|token| !token.kind.is_blank()).collect();
    let mut reader =
        Reader { sql, functions, tokens: one_statement(sql, &tokens)?, found: Reading::default() };
    reader.first_word()?;
    for index in 0..reader.tokens.len() {
        reader.token(index)?;
    }
    Ok(reader.found)
}

/// The tokens without the semicolon at the end; no other may be there.
fn one_statement<'a>(sql: &str, tokens: &'a [Token]) -> Result<&'a [Token], Refused> {
    let Some(end) = tokens.iter().position(|token| token.kind == TokenKind::Semicolon) else {
        return Ok(tokens);
    };
    match tokens[end..].iter().find(|token| token.kind != TokenKind::Semicolon) {
        Some(second) => Err(Refused::at(sql, second.start, "a second statement".to_owned())),
        None => Ok(&tokens[..end]),
    }
}

struct Reader<'a> {
    sql: &'a str,
    functions: &'a Functions,
    tokens: &'a [Token],
    found: Reading,
}

impl Reader<'_> {
    fn refuse<T>(&self, token: Token, what: impl Into<String>) -> Result<T, Refused> {
        Err(Refused::at(self.sql, token.start, what.into()))
    }

    /// What the statement is, by its first word.
    fn first_word(&self) -> Result<(), Refused> {
        let first = self.tokens.iter().find(|token| token.text(self.sql) != "(");
        match first {
            None => Err(Refused::at(self.sql, 0, "an empty text".to_owned())),
            Some(token) if words::STATEMENTS.iter().any(|word| token.is(self.sql, word)) => Ok(()),
            Some(&token) => {
                let word = token.text(self.sql).to_uppercase();
                let what = word.chars().take(40).collect::<String>();
                self.refuse(token, format!("{what}: only SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES and TABLE are allowed"))
            }
        }
    }

    fn token(&mut self, index: usize) -> Result<(), Refused> {
        let token = self.tokens[index];
        match token.kind {
            TokenKind::Placeholder | TokenKind::Backslash | TokenKind::Other => self
                .refuse(token, format!("{:?}, which means nothing in SQL", token.text(self.sql))),
            _ if token.kind.is_name() => self.name(index),
            _ => Ok(()),
        }
    }

    fn name(&mut self, index: usize) -> Result<(), Refused> {
        let token = self.tokens[index];
        let Some(name) = token.name(self.sql) else { return Ok(()) };
        if name.len() > LONGEST_NAME {
            return self.refuse(token, format!("a name of more than {LONGEST_NAME} bytes"));
        }
        if words::is_postgres_own(&name) {
            return self.refuse(token, format!("{name:?}, which is PostgreSQL's own"));
        }
        if token.kind == TokenKind::Word {
            self.keyword(index, &name)?;
        }
        let before = index.checked_sub(1).map(|before| self.text(before));
        let follows_period = before == Some(".");
        match self.tokens.get(index + 1).map(|_| self.text(index + 1)) {
            Some("(") if follows_period => self.refuse(
                token,
                format!("a function, operator or table {name:?} by the name of a schema"),
            ),
            Some("(") if !self.functions.may_call(&name) => self.refuse(
                token,
                format!("the function {name}, which is not one that tenants may call"),
            ),
            Some(".") if !follows_period => {
                self.found.qualifiers.insert(name.into_owned());
                Ok(())
            }
            Some(_) if follows_period && self.tokens[index + 1].kind.is_string() => {
                self.refuse(token, format!("a literal of a type {name:?} by the name of a schema"))
            }
            _ => Ok(()),
        }
    }

    /// A word without quotes, which may mean more than a name.
    fn keyword(&self, index: usize, word: &str) -> Result<(), Refused> {
        let token = self.tokens[index];
        let before = index.checked_sub(1).map(|before| self.tokens[before]);
        let follows = |words: &[&str]| {
            before.is_some_and(|before| words.iter().any(|word| before.is(self.sql, word)))
        };
        match word {
            "into" if !follows(&["insert", "merge"]) => self.refuse(token, "SELECT INTO"),
            // Its name would be another than it seems.
            "uescape" => self.refuse(token, "UESCAPE"),
            // TREAT(x AS f) calls the function f.
            "treat" => self.refuse(token, "TREAT"),
            "operator" if self.is_next(index, "(") => self.refuse(token, "OPERATOR(…)"),
            _ if words::ABOUT_THE_SESSION.contains(&word)
                && before.is_none_or(|before| before.text(self.sql) != ".") =>
            {
                self.refuse(token, word.to_uppercase())
            }
            _ => Ok(()),
        }
    }

    fn text(&self, index: usize) -> &str {
        self.tokens[index].text(self.sql)
    }

    fn is_next(&self, index: usize, text: &str) -> bool {
        self.tokens.get(index + 1).is_some_and(|token| token.text(self.sql) == text)
    }
}

#[cfg(test)]
mod tests;
