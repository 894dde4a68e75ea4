//! Names of things in PostgreSQL.

use std::{fmt, str::FromStr, sync::Arc};

use super::error::{Fault, InvalidSchemaName};

/// The most bytes PostgreSQL keeps of a name; it would cut a longer one short without asking.
pub(super) const MAX_BYTES: usize = 63;

/// The name of a schema, table or role that PostgreSQL can hold: 1 to 63 bytes, without NUL.
///
/// Any such name is legal when it is quoted, whatever its characters; [`quoted`](Self::quoted)
/// does that. Names of the configuration (the shared schema, extension schemas, the ledger's
/// table) are identifiers; a tenant's schema is a [`SchemaName`](crate::SchemaName), which must
/// not be one of PostgreSQL's or ours.
///
/// Cloning is cheap. [`Display`](fmt::Display) writes the bare name, for people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Arc<str>);

impl Identifier {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`InvalidSchemaName`] when it is empty, longer than 63 bytes, or has a NUL in it.
    pub fn parse(name: &str) -> Result<Self, InvalidSchemaName> {
        let fault = if name.is_empty() {
            Fault::Empty
        } else if let Some(index) = name.bytes().position(|byte| byte == 0) {
            Fault::Nul { byte: index + 1 }
        } else if name.len() > MAX_BYTES {
            Fault::TooLong { bytes: name.len() }
        } else {
            return Ok(Self(name.into()));
        };
        Err(InvalidSchemaName::new(name, fault))
    }

    /// The name as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as SQL writes it: in double quotes, its own double quotes doubled.
    ///
    /// ```
    /// use tenantry::Identifier;
    ///
    /// let odd = Identifier::parse(r#"Kunde "7""#)?;
    /// assert_eq!(odd.quoted(), r#""Kunde ""7""""#);
    /// # Ok::<(), tenantry::InvalidSchemaName>(())
    /// ```
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0.replace('"', "\"\""))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({:?})", &*self.0)
    }
}

impl AsRef<str> for Identifier {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identifier {
    type Err = InvalidSchemaName;

    fn from_str(name: &str) -> Result<Self, InvalidSchemaName> {
        Self::parse(name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What PostgreSQL's scanner makes of a quoted name.
    fn unquote(sql: &str) -> Option<String> {
        let inner = sql.strip_prefix('"')?.strip_suffix('"')?;
        let without_pairs = inner.replace("\"\"", "");
        (!without_pairs.contains('"')).then(|| inner.replace("\"\"", "\""))
    }

    proptest! {
        #[test]
        fn a_quoted_name_reads_back_as_itself(name in "[a-zA-Z\", ';.$\\\\é-]{1,20}") {
            let name = Identifier::parse(&name).unwrap();
            let read = unquote(&name.quoted());
            prop_assert_eq!(read.as_deref(), Some(name.as_str()));
        }
    }

    #[test]
    fn bytes_count_and_not_characters() {
        assert!(Identifier::parse(&"é".repeat(31)).is_ok());
        assert_eq!(
            Identifier::parse(&"é".repeat(32)).unwrap_err().to_string(),
            format!(
                "invalid schema name \"{}\": it has 64 bytes, and PostgreSQL allows 63",
                "é".repeat(32)
            )
        );
    }
}
