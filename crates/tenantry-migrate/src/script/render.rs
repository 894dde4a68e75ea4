use std::borrow::Cow;

use tenantry::Identifier;

use super::{
    Location, Parts,
    placeholders::{Placeholder, What, Within},
};

/// What the placeholders of a file stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    /// The schema that is migrated.
    pub(crate) schema: &'a Identifier,
    /// The tenant's id; none in the shared schema's files, where nothing may ask for it.
    pub(crate) tenant: Option<&'a str>,
    /// The shared schema.
    pub(crate) shared: &'a Identifier,
}

/// A script as it is run: its text with the placeholders replaced.
///
/// A name can be nothing but a name, and an id nothing but a literal, whatever their characters: each is quoted by where
/// it stands, and what would make it a part of something else was refused when the file was read.
#[derive(Debug)]
pub(crate) struct Rendered<'a> {
    parts: &'a Parts,
    sql: Cow<'a, str>,
    /// What was replaced, by its place.
    replaced: Vec<Replaced>,
}

/// A placeholder, and what has become of it.
#[derive(Clone, Copy, Debug)]
struct Replaced {
    /// Where the placeholder begins and ends in the file.
    from: (usize, usize),
    /// Where its value begins and ends in what is run.
    to: (usize, usize),
}

impl<'a> Rendered<'a> {
    pub(super) fn new(parts: &'a Parts, names: &Names<'_>) -> Self {
        let text = &parts.text;
        if parts.placeholders.is_empty() {
            return Self { parts, sql: Cow::Borrowed(text), replaced: Vec::new() };
        }
        let mut writer = Writer::new(text, parts.placeholders.len());
        let mut at = 0;
        for placeholder in &parts.placeholders {
            writer.sql.push_str(&text[at..placeholder.start]);
            writer.replace(placeholder, &text[placeholder.start..placeholder.end], names);
            at = placeholder.end;
        }
        writer.sql.push_str(&text[at..]);
        Self { parts, sql: Cow::Owned(writer.sql), replaced: writer.replaced }
    }

    /// The whole text.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// Each statement's text.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &str> {
        self.parts.statements.iter().map(|statement| {
            let range = statement.range();
            &self.sql[self.rendered(range.start)..self.rendered(range.end)]
        })
    }

    /// Where in the file a character of [`sql`](Self::sql) is, counted from 1, as PostgreSQL tells places. One after the
    /// last is something that the file left open, and told at its end.
    pub(crate) fn locate(&self, position_in_characters: usize) -> Location {
        let text = self.sql.trim_end();
        let index = position_in_characters.saturating_sub(1);
        let byte = text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte);
        let at = self.original(byte);
        let statements = &self.parts.statements;
        let after = statements.partition_point(|statement| statement.range().start <= at);
        let first = after.checked_sub(1).and_then(|index| statements.get(index));
        let first = first.map_or(at, |statement| statement.range().start);
        Location::in_text(&self.parts.text, first, at)
    }

    /// Where in the file the n-th statement begins, from 0.
    pub(crate) fn statement_at(&self, index: usize) -> Location {
        let found = self.parts.statements.get(index).or(self.parts.statements.last());
        let at = found.map_or(0, |statement| statement.range().start);
        Location::in_text(&self.parts.text, at, at)
    }

    /// Where a byte of the file that is not in a placeholder has come to.
    fn rendered(&self, byte: usize) -> usize {
        let after = self.replaced.partition_point(|replaced| replaced.from.1 <= byte);
        match after.checked_sub(1).map(|index| self.replaced[index]) {
            Some(Replaced { from, to }) => to.1 + (byte - from.1),
            None => byte,
        }
    }

    /// Where a byte has come from; of a value, its placeholder.
    fn original(&self, byte: usize) -> usize {
        let after = self.replaced.partition_point(|replaced| replaced.to.0 <= byte);
        match after.checked_sub(1).map(|index| self.replaced[index]) {
            Some(Replaced { from, to }) if byte < to.1 => from.0,
            Some(Replaced { from, to }) => from.1 + (byte - to.1),
            None => byte,
        }
    }
}

/// Writes what is run.
struct Writer {
    sql: String,
    replaced: Vec<Replaced>,
    /// Which of the replaced is the beginning of the body of code that is being written.
    body: Option<usize>,
}

impl Writer {
    fn new(text: &str, placeholders: usize) -> Self {
        Self {
            sql: String::with_capacity(text.len() + 32 * placeholders),
            replaced: Vec::with_capacity(placeholders),
            body: None,
        }
    }

    fn replace(&mut self, placeholder: &Placeholder, original: &str, names: &Names<'_>) {
        let Placeholder { start, end, what, within } = *placeholder;
        let body = if what == (What::Quote { ends: true }) { self.body.take() } else { None };
        let quote = body.map(|begin| self.end_of_body(begin, original));
        let begin = self.sql.len();
        match (what, value(what, names)) {
            (_, Some(value)) => push(&mut self.sql, value, what, within),
            (What::Itself, None) => self.sql.push_str(&original[1..original.len() - 1]),
            (_, None) => self.sql.push_str(quote.as_deref().unwrap_or(original)),
        }
        if what == (What::Quote { ends: false }) {
            self.body = Some(self.replaced.len());
        }
        self.replaced.push(Replaced { from: (start, end), to: (begin, self.sql.len()) });
    }

    /// The quote that ends a body. Where a name that was put into it has that in it, both quotes become others.
    fn end_of_body(&mut self, begin: usize, quote: &str) -> String {
        let (start, end) = self.replaced[begin].to;
        let body = &self.sql[end..];
        if ends_body(body, quote) {
            return quote.to_owned();
        }
        let quotes = (0_u32..).map(|number| format!("$tenantry{number}$"));
        let quote = quotes.into_iter().find(|quote| ends_body(body, quote)).unwrap_or_default();
        self.sql.replace_range(start..end, &quote);
        let moved = |at: usize| at + quote.len() - (end - start);
        self.replaced[begin].to.1 = moved(end);
        for replaced in &mut self.replaced[begin + 1..] {
            replaced.to = (moved(replaced.to.0), moved(replaced.to.1));
        }
        quote
    }
}

/// Whether the first place where a quote ends a body is the body's end.
fn ends_body(body: &str, quote: &str) -> bool {
    [body, quote].concat().find(quote) == Some(body.len())
}

fn value<'a>(what: What, names: &Names<'a>) -> Option<&'a str> {
    match what {
        What::Schema => Some(names.schema.as_str()),
        What::Shared => Some(names.shared.as_str()),
        What::Tenant => names.tenant,
        What::Itself | What::Quote { .. } => None,
    }
}

/// Writes a value so that it stays what it is.
fn push(sql: &mut String, value: &str, what: What, within: Within) {
    match (within, what) {
        (Within::Code, What::Tenant) => push_literal(sql, value),
        (Within::Code, _) => {
            sql.push('"');
            push_doubled(sql, value, '"');
            sql.push('"');
        }
        (Within::QuotedName, _) => push_doubled(sql, value, '"'),
        (Within::String, _) => push_doubled(sql, value, '\''),
        (Within::EscapeString, _) => {
            for character in value.chars() {
                if matches!(character, '\'' | '\\') {
                    sql.push(character);
                }
                sql.push(character);
            }
        }
    }
}

/// A literal that is the same whatever `standard_conforming_strings` is.
fn push_literal(sql: &mut String, value: &str) {
    let escapes = value.contains('\\');
    sql.push_str(if escapes { " E'" } else { "'" });
    let within = if escapes { Within::EscapeString } else { Within::String };
    push(sql, value, What::Tenant, within);
    sql.push('\'');
}

fn push_doubled(sql: &mut String, value: &str, quote: char) {
    for character in value.chars() {
        if character == quote {
            sql.push(quote);
        }
        sql.push(character);
    }
}
