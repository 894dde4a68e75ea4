use std::borrow::Cow;

use crate::{Kind, Lexer, Statement, Token, TokenKind};

/// The body of a function or of `DO`: code in a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    /// The code. It is a part of the script where it is in dollar quotes; else the quotes in it were doubled.
    pub text: Cow<'a, str>,
    /// The byte of the script where it begins.
    pub at: usize,
    /// The string.
    pub token: Token,
}

/// The bodies of a statement that is `DO`, or makes a function or procedure, where they are written in SQL or PL/pgSQL.
#[must_use]
pub fn bodies<'a>(sql: &'a str, statement: &Statement) -> Vec<Body<'a>> {
    let text = statement.text(sql);
    let offset = statement.range().start;
    let mut language = match statement.kind() {
        Kind::Do => Some("plpgsql".to_owned()),
        Kind::CreateRoutine => None,
        _ => return Vec::new(),
    };
    let mut bodies = Vec::new();
    let (mut is_body, mut is_language, mut depth) = (statement.kind() == Kind::Do, false, 0_usize);
    for token in Lexer::new(text).filter(|token| !token.kind.is_blank()) {
        match token.text(text) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if is_language {
            language = token
                .name(text)
                .or_else(|| token.string(text))
                .map(|name| name.to_ascii_lowercase());
        } else if is_body && depth == 0 && token.kind.is_string() {
            bodies.push(body(sql, token, offset));
        }
        is_language = token.is(text, "language");
        is_body = match statement.kind() {
            Kind::Do => true,
            // AS 'object file', 'symbol' is of another language.
            _ => token.is(text, "as"),
        };
    }
    let is_readable =
        language.as_deref().is_none_or(|language| matches!(language, "sql" | "plpgsql"));
    if is_readable { bodies } else { Vec::new() }
}

fn body(sql: &str, token: Token, offset: usize) -> Body<'_> {
    let token = Token { start: token.start + offset, end: token.end + offset, ..token };
    if token.kind == TokenKind::DollarString {
        let content = token.dollar_content(sql);
        let at = token.start + content.start;
        return Body { text: Cow::Borrowed(&sql[at..token.start + content.end]), at, token };
    }
    let text = token.string(sql).unwrap_or_default();
    let quote = token.text(sql).find('\'').map_or(0, |quote| quote + 1);
    let at = token.start + if let Cow::Borrowed(_) = text { quote } else { 0 };
    Body { text, at, token }
}
