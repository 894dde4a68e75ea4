use bytes::BytesMut;
use tokio_postgres::{
    Row,
    types::{Format, IsNull, ToSql, Type, to_sql_checked},
};

/// A statement and its parameters.
pub(crate) struct Query<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: Params<'a>,
    /// How much of the answer is taken; all of it, if nothing is said.
    pub(crate) bounds: Option<Bounds>,
}

/// How large a statement's answer may be, for statements whose text somebody else has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// So many rows.
    pub rows: usize,
    /// So many bytes, as PostgreSQL sends them.
    pub bytes: usize,
}

/// What a statement gave.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Answer {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The number in the command's tag: rows inserted, changed, deleted or selected.
    pub affected: u64,
}

/// The parameters of a statement.
pub(crate) enum Params<'a> {
    /// PostgreSQL says which types it wants.
    Described(&'a [&'a (dyn ToSql + Sync)]),
    /// The types are known: no need to ask.
    Typed(&'a [TypedParam]),
    /// There are none, and the text won't come again: it is not worth preparing.
    Once,
}

impl<'a> Query<'a> {
    /// A statement all of whose answer is wanted.
    pub(crate) fn new(sql: &'a str, params: Params<'a>) -> Self {
        Self { sql, params, bounds: None }
    }

    /// Whether this is a query that, by its text, leaves nothing behind in the session: the one that
    /// needs no awaited reset. What a function does unseen is reset before anybody else's statement.
    pub(super) fn is_plain(&self) -> bool {
        const QUERIES: [&str; 8] =
            ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE", "TABLE"];
        let text = self.sql.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '(');
        let starts_with = |word: &&str| {
            text.as_bytes()
                .get(..word.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        };
        QUERIES.iter().any(starts_with)
            && !contains(text, "set_config")
            && !contains(text, "advisory")
    }
}

fn contains(text: &str, needle: &str) -> bool {
    text.as_bytes().windows(needle.len()).any(|it| it.eq_ignore_ascii_case(needle.as_bytes()))
}

impl Params<'_> {
    /// The OIDs of the types that are known.
    pub(super) fn oids(&self) -> impl Iterator<Item = u32> {
        let typed: &[TypedParam] = match self {
            Self::Described(_) | Self::Once => &[],
            Self::Typed(params) => params,
        };
        typed.iter().map(|param| param.ty.oid())
    }
}

/// A parameter whose type is known, or left to PostgreSQL ([`Type::UNKNOWN`]), and whose value is
/// encoded already.
#[derive(Clone, Debug)]
pub struct TypedParam {
    pub(crate) ty: Type,
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) is_text: bool,
}

impl TypedParam {
    /// In the text format: as a literal would be written between its quotes. `None` is NULL.
    #[must_use]
    pub fn text(ty: Type, value: Option<String>) -> Self {
        Self { ty, bytes: value.map(String::into_bytes), is_text: true }
    }

    /// In the binary format.
    #[must_use]
    pub fn binary(ty: Type, value: Option<Vec<u8>>) -> Self {
        Self { ty, bytes: value, is_text: false }
    }
}

impl ToSql for TypedParam {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.bytes {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        if self.is_text { Format::Text } else { Format::Binary }
    }

    to_sql_checked!();
}

/// What a statement gave.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) rows: Vec<Row>,
    /// The number in the command's tag: rows inserted, changed, deleted or selected.
    pub(crate) affected: u64,
    /// Whether the answer was larger than it might be, and the rest was not taken.
    pub(crate) is_cut: bool,
}
