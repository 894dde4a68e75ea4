//! The characters of tenants' ids.

use serde::{Deserialize, Serialize};

/// The most characters an id of the [strict](Alphabet::Strict) alphabet may have.
const STRICT_MAX: usize = 63;
/// The most characters an id of the [legacy](Alphabet::Legacy) alphabet may have.
const LEGACY_MAX: usize = 128;

/// Which characters a tenant's id may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// 1 to 63 of `a-z 0-9 - _`, beginning and ending with a letter or digit.
    #[default]
    Strict,
    /// 1 to 128 of `A-Z a-z 0-9 - _ . :`, compared exactly.
    ///
    /// For tenants adopted from another system. Where such a tenant's data lives is written in the
    /// catalog and never computed from the id: an id that is legal only here has no schema by
    /// [template](crate::SchemaTemplate).
    Legacy,
}

impl Alphabet {
    /// The characters, as messages write them.
    pub(super) fn characters(self) -> &'static str {
        match self {
            Self::Strict => "a-z 0-9 - _",
            Self::Legacy => "A-Z a-z 0-9 - _ . :",
        }
    }

    pub(super) fn max(self) -> usize {
        match self {
            Self::Strict => STRICT_MAX,
            Self::Legacy => LEGACY_MAX,
        }
    }

    fn contains(self, c: char) -> bool {
        match self {
            Self::Strict => matches!(c, 'a'..='z' | '0'..='9' | '-' | '_'),
            Self::Legacy => matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' | ':'),
        }
    }

    /// What is wrong with `id`, if anything. Looks at no more than `max` + 1 characters of it.
    pub(super) fn fault(self, id: &str) -> Option<Fault> {
        if id.is_empty() {
            return Some(Fault::Empty);
        }
        for (index, character) in id.chars().take(self.max()).enumerate() {
            if !self.contains(character) {
                let position = index + 1;
                return Some(Fault::Character { character, position });
            }
        }
        // All characters so far have one byte, so that bytes count characters up to the limit.
        if id.len() > self.max() {
            return Some(Fault::TooLong);
        }
        if self == Self::Strict {
            let ends = [(id.chars().next(), 1), (id.chars().next_back(), id.len())];
            for (character, position) in ends {
                if let Some(character @ ('-' | '_')) = character {
                    return Some(Fault::End { character, position });
                }
            }
        }
        None
    }
}

/// What is wrong with an id. Positions are counted in characters, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    TooLong,
    Character { character: char, position: usize },
    End { character: char, position: usize },
}
