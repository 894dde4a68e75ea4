//! Settings that decide whose tables a name means, and what may be done: the runner's to make.

use tenantry_sql::{Kind, Lexer, Statement, Token, TokenKind};

use crate::script::problem::Problems;

/// Tells where a statement changes them: itself, or code in `DO`.
pub(super) fn check(text: &str, statement: &Statement, problems: &mut Problems) {
    let found = find(statement.text(text), statement.range().start, true);
    for Change { at, what } in found {
        problems.in_statement(statement, at, reason(what));
    }
    if statement.kind() == Kind::Do {
        for body in tenantry_sql::bodies(text, statement) {
            let offset = if matches!(body.text, std::borrow::Cow::Borrowed(_)) {
                Some(body.at)
            } else {
                None
            };
            for Change { at, what } in find(&body.text, offset.unwrap_or(0), false) {
                problems.in_statement(statement, offset.map_or(body.at, |_| at), reason(what));
            }
        }
    }
}

/// A change of a setting, and where it is.
struct Change {
    at: usize,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Path,
    Role,
    Everything,
    /// Of a role or the database, for all sessions to come.
    Default,
    Strings,
}

fn reason(what: What) -> &'static str {
    match what {
        What::Path => {
            "the search_path makes a migration this tenant's, and is not a file's to change; write names \
             without a schema for the tenant's tables, and in full what is elsewhere"
        }
        What::Role => {
            "the role keeps a migration within this tenant, and is not a file's to change; what another \
             role must do belongs outside of the migrations"
        }
        What::Everything => {
            "this resets the search_path and the role, too, which make a migration this tenant's; reset \
             settings one by one"
        }
        What::Default => {
            "this is about every session to come, of all tenants, and would run again for each; do it \
             once, outside of the migrations"
        }
        What::Strings => {
            "standard_conforming_strings decides what is a string and what is code, so it is not a \
             file's to change; write strings with escapes as E'…'"
        }
    }
}

/// Settings by their names.
fn setting(name: &str) -> Option<What> {
    match name.to_ascii_lowercase().as_str() {
        "search_path" | "schema" => Some(What::Path),
        "role" | "session_authorization" => Some(What::Role),
        "standard_conforming_strings" => Some(What::Strings),
        "all" => Some(What::Everything),
        _ => None,
    }
}

fn find(text: &str, offset: usize, is_statement: bool) -> Vec<Change> {
    let mut found = Vec::new();
    // The last few tokens that are not blank.
    let mut before: [Option<Token>; 4] = [None; 4];
    let mut clause = if is_statement { Clause::Begins } else { Clause::None };
    let mut alters_default = false;
    for token in Lexer::new(text).filter(|token| !token.kind.is_blank()) {
        let change = |what| Change { at: offset + token.start, what };
        if token.kind.is_string()
            && is_text(text, before[3], "(")
            && before[2].is_some_and(|name| name.name(text).as_deref() == Some("set_config"))
        {
            let what = token.string(text).and_then(|name| setting(&name));
            found.extend(what.filter(|what| !matches!(what, What::Everything)).map(change));
        }
        // What EXECUTE runs, where it is written out.
        if !is_statement
            && token.kind.is_string()
            && before[3].is_some_and(|word| word.is(text, "execute"))
            && let Some(code) = token.string(text)
        {
            found.extend(find(&code, 0, true).into_iter().map(|Change { what, .. }| change(what)));
        }
        let is = |word: &str| token.is(text, word);
        let begins = clause == Clause::Begins || (!is_statement && begins_after(text, before[3]));
        clause = match clause {
            _ if begins && (is("set") || is("reset")) => Clause::Setting,
            _ if begins && is("discard") => Clause::Discard,
            _ if begins && is("alter") && is_statement => Clause::Alter,
            Clause::Setting if is("local") => Clause::Setting,
            // SET SESSION AUTHORIZATION, and SET SESSION search_path.
            Clause::Setting | Clause::Session if is("session") => Clause::Session,
            Clause::Session if is("authorization") => {
                found.push(change(What::Role));
                Clause::None
            }
            Clause::Setting | Clause::Session => {
                let name = token.name(text);
                found.extend(name.and_then(|name| setting(&name)).map(change));
                Clause::None
            }
            Clause::Discard => {
                found.extend(is("all").then(|| change(What::Everything)));
                Clause::None
            }
            Clause::Alter => {
                alters_default = is("role") || is("user") || is("group");
                Clause::None
            }
            _ => Clause::None,
        };
        if alters_default && (is("set") || is("reset")) && token.kind == TokenKind::Word {
            found.push(change(What::Default));
            alters_default = false;
        }
        before.rotate_left(1);
        before[3] = Some(token);
    }
    found
}

/// What the tokens so far say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Begins,
    Setting,
    Session,
    Discard,
    Alter,
    None,
}

/// Whether a statement of PL/pgSQL begins after this token.
fn begins_after(text: &str, before: Option<Token>) -> bool {
    const WORDS: [&str; 4] = ["begin", "then", "else", "loop"];
    before.is_none_or(|token| {
        token.kind == TokenKind::Semicolon || WORDS.iter().any(|word| token.is(text, word))
    })
}

fn is_text(text: &str, token: Option<Token>, expected: &str) -> bool {
    token.is_some_and(|token| token.text(text) == expected)
}
