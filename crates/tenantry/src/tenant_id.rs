//! Tenant ids: parsed once, at the edge, and valid from then on.

mod alphabet;
mod error;

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::{alphabet::Alphabet, error::InvalidTenantId};

/// The id of a tenant, as it appears in headers, URLs, the catalog and the command line.
///
/// An id is 1 to 63 characters of `a-z 0-9 - _`, and begins and ends with a letter or digit.
/// Anything else is refused, never folded, trimmed or replaced, so that two different ids can
/// never name one tenant. A value of this type is always valid: whoever receives one need not
/// look at it again.
///
/// Cloning is cheap (the text is shared), ids compare and hash as their text does, and a map keyed
/// by `TenantId` can be asked with a `&str`.
///
/// Tenants adopted from another system may keep ids of a wider alphabet: see [`Alphabet::Legacy`]
/// and [`TenantId::parse_with`].
///
/// # Examples
///
/// ```
/// use tenantry::TenantId;
///
/// let acme: TenantId = "acme".parse()?;
/// assert_eq!(acme.as_str(), "acme");
///
/// let error = TenantId::parse("Acme Corp").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"invalid tenant id "Acme Corp": 'A' at position 1 is not in a-z 0-9 - _"#,
/// );
/// # Ok::<(), tenantry::InvalidTenantId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Parses an id of the [strict](Alphabet::Strict) alphabet.
    ///
    /// # Errors
    ///
    /// [`InvalidTenantId`], which says which character is wrong and where.
    pub fn parse(id: &str) -> Result<Self, InvalidTenantId> {
        Self::parse_with(Alphabet::Strict, id)
    }

    /// Parses an id of the given alphabet.
    ///
    /// # Errors
    ///
    /// [`InvalidTenantId`], which says which character is wrong and where.
    ///
    /// # Examples
    ///
    /// ```
    /// use tenantry::{Alphabet, TenantId};
    ///
    /// assert!(TenantId::parse_with(Alphabet::Legacy, "Acme.Corp:7").is_ok());
    /// assert!(TenantId::parse_with(Alphabet::Strict, "Acme.Corp:7").is_err());
    /// ```
    pub fn parse_with(alphabet: Alphabet, id: &str) -> Result<Self, InvalidTenantId> {
        match alphabet.fault(id) {
            None => Ok(Self(id.into())),
            Some(fault) => Err(InvalidTenantId::new(id, alphabet, fault)),
        }
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id is of the strict alphabet, as one made by [`TenantId::parse`] always is.
    pub fn is_strict(&self) -> bool {
        Alphabet::Strict.fault(&self.0).is_none()
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({:?})", &*self.0)
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for TenantId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for TenantId {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for TenantId {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(id: &str) -> Result<Self, InvalidTenantId> {
        Self::parse(id)
    }
}

impl TryFrom<&str> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(id: &str) -> Result<Self, InvalidTenantId> {
        Self::parse(id)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(id: String) -> Result<Self, InvalidTenantId> {
        Self::parse(&id)
    }
}

impl Serialize for TenantId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Accepts ids of the strict alphabet only.
impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = TenantId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tenant id")
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<TenantId, E> {
                TenantId::parse(id).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn message(id: &str) -> String {
        TenantId::parse(id).unwrap_err().to_string()
    }

    #[test]
    fn accepts_ids_of_the_strict_alphabet() {
        let longest = "a".repeat(63);
        for id in ["a", "7", "acme", "acme-corp_2", "0-0", "a--b", &longest] {
            assert_eq!(TenantId::parse(id).unwrap(), id);
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases = [
            ("", r#""": it is empty, and needs 1 to 63 of a-z 0-9 - _"#),
            ("Acme Corp", r#""Acme Corp": 'A' at position 1 is not in a-z 0-9 - _"#),
            ("a b", r#""a b": ' ' at position 2 is not in a-z 0-9 - _"#),
            (" a", r#"" a": ' ' at position 1 is not in a-z 0-9 - _"#),
            ("a,b", r#""a,b": ',' at position 2 is not in a-z 0-9 - _"#),
            ("a'b", r#""a'b": '\'' at position 2 is not in a-z 0-9 - _"#),
            ("a\"b", r#""a\"b": '"' at position 2 is not in a-z 0-9 - _"#),
            ("..", r#""..": '.' at position 1 is not in a-z 0-9 - _"#),
            ("a/b", r#""a/b": '/' at position 2 is not in a-z 0-9 - _"#),
            ("a\0", r#""a\0": '\0' at position 2 is not in a-z 0-9 - _"#),
            ("a\nb", r#""a\nb": '\n' at position 2 is not in a-z 0-9 - _"#),
            ("é", r#""é": 'é' at position 1 is not in a-z 0-9 - _"#),
            ("ab🦀", r#""ab🦀": '🦀' at position 3 is not in a-z 0-9 - _"#),
            (
                "a -c search_path=b",
                r#""a -c search_path=b": ' ' at position 2 is not in a-z 0-9 - _"#,
            ),
            ("-a", r#""-a": '-' at position 1: an id begins and ends with a letter or digit"#),
            ("a_", r#""a_": '_' at position 2: an id begins and ends with a letter or digit"#),
        ];
        for (id, expected) in cases {
            assert_eq!(message(id), format!("invalid tenant id {expected}"));
        }
    }

    #[test]
    fn a_very_long_id_is_refused_with_a_short_message() {
        let expected =
            format!(r#"invalid tenant id "{}"…: it is longer than 63 characters"#, "a".repeat(40));
        assert_eq!(message(&"a".repeat(64)), expected);
        assert_eq!(message(&"a".repeat(10_000_000)), expected);
        assert!(message(&"\u{202e}".repeat(100_000)).len() < 500);
    }

    #[test]
    fn the_legacy_alphabet_is_wider_and_exact() {
        let parse = |id: &str| TenantId::parse_with(Alphabet::Legacy, id);
        let longest = "A".repeat(128);
        for id in ["ACME", "-a-", "a.b:c", &longest] {
            let id = parse(id).unwrap();
            assert!(!id.is_strict());
        }
        assert_ne!(parse("ACME").unwrap(), parse("acme").unwrap());
        assert!(parse("acme").unwrap().is_strict());
        assert_eq!(
            parse("a b").unwrap_err().to_string(),
            r#"invalid tenant id "a b": ' ' at position 2 is not in A-Z a-z 0-9 - _ . :"#
        );
        assert!(parse(&"A".repeat(129)).is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn a_map_keyed_by_ids_can_be_asked_with_a_str() {
        let map = HashMap::from([(TenantId::parse("acme").unwrap(), 1)]);
        assert_eq!(map.get("acme"), Some(&1));
    }

    #[test]
    fn json_is_a_string_and_is_checked() {
        let id = TenantId::parse("acme").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""acme""#);
        assert_eq!(serde_json::from_str::<TenantId>(r#""acme""#).unwrap(), id);
        let error = serde_json::from_str::<TenantId>(r#""Acme""#).unwrap_err();
        assert!(error.to_string().contains("'A' at position 1"), "{error}");
        assert!(serde_json::from_str::<TenantId>("7").is_err());
    }

    proptest! {
        #[test]
        fn exactly_the_documented_ids_are_accepted(
            id in "[a-cA-C0-2_. -]{0,4}|\\PC{0,70}|[a-z0-9_-]{60,66}",
        ) {
            let ends = |c: Option<char>| c.is_some_and(|c| matches!(c, 'a'..='z' | '0'..='9'));
            let legal = id.chars().count() <= 63
                && id.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_'))
                && ends(id.chars().next())
                && ends(id.chars().last());
            prop_assert_eq!(TenantId::parse(&id).is_ok(), legal);
        }

        #[test]
        fn an_accepted_id_is_kept_as_it_is(id in "[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?") {
            let parsed = TenantId::parse(&id).unwrap();
            prop_assert_eq!(parsed.as_str(), &id);
            prop_assert_eq!(TenantId::parse_with(Alphabet::Legacy, &id).unwrap(), parsed);
        }

        #[test]
        fn messages_stay_short_and_printable(id in any::<String>()) {
            if let Err(error) = TenantId::parse(&id) {
                let message = error.to_string();
                prop_assert!(message.chars().count() < 600);
                prop_assert!(!message.chars().any(char::is_control));
            }
        }
    }
}
