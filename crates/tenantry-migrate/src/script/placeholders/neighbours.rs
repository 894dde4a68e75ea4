use tenantry_sql::{Token, TokenKind};

/// Sees that a placeholder in code stands by itself: what comes in its place is a whole name or literal, and next to a
/// letter or a quote it would become a part of something else. `E{tenant}` would be a string with escapes, and
/// `'a' {tenant}` in two lines one string.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    before: Option<Token>,
    /// The last one that is not blank.
    last: Option<Token>,
}

const ALONE: &str = "a placeholder stands for a whole name or literal; part it from what is beside it, or write it \
                     within the quotes";
const STRINGS: &str = "a placeholder stands for a whole literal, and next to another they would become one; join them \
                       with ||";

impl Neighbours {
    /// Takes the next token; says what is wrong with it, and where.
    pub(super) fn take(&mut self, text: &str, token: Token) -> Option<(usize, &'static str)> {
        let before = self.before.replace(token);
        if token.kind.is_blank() {
            return None;
        }
        let last = self.last.replace(token);
        let is_placeholder = |token: Token| token.kind == TokenKind::Placeholder;
        let pairs = |other: Token| is_placeholder(token) || is_placeholder(other);
        if let Some(before) = before.filter(|before| pairs(*before))
            && (sticks(before, text) && sticks(token, text))
        {
            return Some((token.start.min(before.start), ALONE));
        }
        if let Some(last) = last.filter(|last| pairs(*last))
            && is_literal(last, text)
            && is_literal(token, text)
        {
            return Some((token.start, STRINGS));
        }
        None
    }
}

/// Whether a token would become one with a name or literal right beside it.
fn sticks(token: Token, text: &str) -> bool {
    match token.kind {
        TokenKind::Punctuation | TokenKind::Semicolon => false,
        // U& makes names and strings with escapes.
        TokenKind::Operator => token.text(text).ends_with('&'),
        kind => !kind.is_blank(),
    }
}

fn is_literal(token: Token, text: &str) -> bool {
    token.kind.is_string()
        || (token.kind == TokenKind::Placeholder && token.text(text) == "{tenant}")
}
