use bytes::BytesMut;
use tokio_postgres::{
    Row,
    types::{Format, IsNull, ToSql, Type, to_sql_checked},
};

/// A statement and its parameters.
pub(crate) struct Query<'a> {
    pub(crate) sql: &'a str,
    pub(crate) params: Params<'a>,
}

/// The parameters of a statement.
pub(crate) enum Params<'a> {
    /// PostgreSQL says which types it wants.
    Described(&'a [&'a (dyn ToSql + Sync)]),
    /// The types are known: no need to ask.
    #[cfg_attr(not(feature = "diesel"), expect(dead_code, reason = "Diesel knows the types"))]
    Typed(&'a [TypedParam]),
    /// There are none, and the text won't come again: it is not worth preparing.
    Once,
}

impl Query<'_> {
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

/// A parameter in PostgreSQL's binary format.
#[derive(Debug)]
pub(crate) struct TypedParam {
    pub(crate) ty: Type,
    pub(crate) bytes: Option<Vec<u8>>,
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
        Format::Binary
    }

    to_sql_checked!();
}

/// What a statement gave.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) rows: Vec<Row>,
    /// The number in the command's tag: rows inserted, changed, deleted or selected.
    pub(crate) affected: u64,
}
