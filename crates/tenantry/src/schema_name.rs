//! Names of tenants' schemas: checked once, quoted always.

mod error;
mod identifier;
mod template;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::{
    error::InvalidSchemaName,
    identifier::Identifier,
    template::{InvalidSchemaTemplate, SchemaTemplate},
};

use self::error::Fault;

/// The name of a tenant's schema.
///
/// Any name PostgreSQL can hold (1 to 63 bytes, no NUL) except those that are never a tenant's:
/// `public`, `tenantry`, `information_schema` and everything that begins with `pg_`. These are
/// refused in upper and mixed case too: quoted, PostgreSQL would take `"Public"` for a schema of
/// its own, but the first person to type it without quotes reads `public`.
///
/// Odd names are legal, since adopted tenants keep the schema they have: `Kunde 7`, `a,b`,
/// `say "hi"`. [`quoted`](Self::quoted) is the only form that goes into SQL;
/// [`Display`](fmt::Display) writes the bare name, for people.
///
/// ```
/// use tenantry::SchemaName;
///
/// let name = SchemaName::parse("tenant_acme")?;
/// assert_eq!(name.quoted(), r#""tenant_acme""#);
/// assert!(SchemaName::parse("pg_catalog").is_err());
/// # Ok::<(), tenantry::InvalidSchemaName>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName(Identifier);

impl SchemaName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`InvalidSchemaName`] when it is empty, longer than 63 bytes, has a NUL in it, or is never
    /// a tenant's.
    pub fn parse(name: &str) -> Result<Self, InvalidSchemaName> {
        let identifier = Identifier::parse(name)?;
        if is_reserved(name) {
            return Err(InvalidSchemaName::new(name, Fault::Reserved));
        }
        Ok(Self(identifier))
    }

    /// The name as it is.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name as SQL writes it: in double quotes, its own double quotes doubled.
    pub fn quoted(&self) -> String {
        self.0.quoted()
    }

    /// The name as an identifier like any other.
    pub fn as_identifier(&self) -> &Identifier {
        &self.0
    }
}

/// Whether a schema of this name is PostgreSQL's, Tenantry's or everybody's.
pub(crate) fn is_reserved(name: &str) -> bool {
    is_system(name)
        || ["public", "tenantry"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// Whether a schema of this name is PostgreSQL's own.
pub(crate) fn is_system(name: &str) -> bool {
    has_system_prefix(name) || name.eq_ignore_ascii_case("information_schema")
}

/// Whether a name begins with `pg_`, which PostgreSQL keeps for itself.
fn has_system_prefix(name: &str) -> bool {
    name.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("pg_"))
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaName({:?})", self.as_str())
    }
}

impl AsRef<str> for SchemaName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for SchemaName {
    type Err = InvalidSchemaName;

    fn from_str(name: &str) -> Result<Self, InvalidSchemaName> {
        Self::parse(name)
    }
}

impl TryFrom<&str> for SchemaName {
    type Error = InvalidSchemaName;

    fn try_from(name: &str) -> Result<Self, InvalidSchemaName> {
        Self::parse(name)
    }
}

impl TryFrom<String> for SchemaName {
    type Error = InvalidSchemaName;

    fn try_from(name: String) -> Result<Self, InvalidSchemaName> {
        Self::parse(&name)
    }
}

impl Serialize for SchemaName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SchemaName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_of_adopted_tenants_are_legal_and_quoted() {
        let cases = [
            ("tenant_acme", r#""tenant_acme""#),
            ("Kunde 7", r#""Kunde 7""#),
            ("a,b", r#""a,b""#),
            (r#"say "hi""#, r#""say ""hi""""#),
            ("it's", r#""it's""#),
            ("ключ", r#""ключ""#),
            ("pg", r#""pg""#),
            ("publicity", r#""publicity""#),
        ];
        for (name, quoted) in cases {
            assert_eq!(SchemaName::parse(name).unwrap().quoted(), quoted);
        }
    }

    #[test]
    fn names_that_are_never_a_tenants_are_refused() {
        for name in [
            "public",
            "PUBLIC",
            "tenantry",
            "Tenantry",
            "information_schema",
            "INFORMATION_SCHEMA",
            "pg_catalog",
            "pg_temp",
            "PG_x",
            "pg_",
        ] {
            let error = SchemaName::parse(name).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "invalid schema name {name:?}: a tenant's schema is never public, tenantry, \
                     information_schema or pg_*"
                )
            );
            assert_eq!(error.code(), "SCHEMA_NAME_INVALID");
        }
    }

    #[test]
    fn names_postgresql_cannot_hold_are_refused() {
        let message = |name: &str| SchemaName::parse(name).unwrap_err().to_string();
        assert_eq!(message(""), r#"invalid schema name "": it is empty"#);
        assert_eq!(message("a\0b"), r#"invalid schema name "a\0b": it has a NUL at byte 2"#);
        assert!(message(&"a".repeat(64)).ends_with("it has 64 bytes, and PostgreSQL allows 63"));
        assert!(SchemaName::parse(&"a".repeat(63)).is_ok());
    }

    #[test]
    fn json_is_a_string_and_is_checked() {
        let name = SchemaName::parse("Kunde 7").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""Kunde 7""#);
        assert_eq!(serde_json::from_str::<SchemaName>(r#""Kunde 7""#).unwrap(), name);
        assert!(serde_json::from_str::<SchemaName>(r#""public""#).is_err());
    }
}
