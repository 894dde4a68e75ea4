use tenantry_sql::{Token, TokenKind};

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

pub(super) const NAMES: [&str; 3] = ["schema", "tenant", "shared"];

impl What {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "schema" => Some(Self::Schema),
            "tenant" => Some(Self::Tenant),
            "shared" => Some(Self::Shared),
            _ => None,
        }
    }
}

/// The placeholders in a token, which begins at this byte of the text.
pub(super) fn in_token(sql: &str, token: Token, offset: usize, found: &mut Vec<Placeholder>) {
    let within = match token.kind {
        TokenKind::Placeholder => Within::Code,
        TokenKind::String => Within::String,
        TokenKind::EscapeString => Within::EscapeString,
        TokenKind::QuotedName => Within::QuotedName,
        _ => return,
    };
    let text = token.text(sql);
    let mut at = 0;
    while let Some(brace) = text[at..].find('{') {
        at += brace;
        let (what, length) = match named(&text[at..]) {
            Some(found) => found,
            None => {
                at += 1;
                continue;
            }
        };
        let start = offset + token.start + at;
        found.push(Placeholder { start, end: start + length, what, within });
        at += length;
    }
}

/// `{schema}` or `{{schema}}` at the beginning of a text, and how long it is.
fn named(text: &str) -> Option<(What, usize)> {
    let braces = if text.starts_with("{{") { 2 } else { 1 };
    let rest = &text[braces..];
    let name = NAMES.into_iter().find(|name| rest.starts_with(name))?;
    let ends = rest[name.len()..].starts_with(if braces == 2 { "}}" } else { "}" });
    let what = if braces == 2 { What::Itself } else { What::named(name)? };
    ends.then_some((what, name.len() + 2 * braces))
}
