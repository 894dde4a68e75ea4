//! Why a text is no tenant id.

use std::fmt;

use super::alphabet::{Alphabet, Fault};
use crate::excerpt::Excerpt;

/// A text that is no tenant id, and why.
///
/// The message repeats the text, shortened and with control characters escaped, so that it is safe
/// to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTenantId {
    id: Excerpt,
    alphabet: Alphabet,
    fault: Fault,
}

impl InvalidTenantId {
    pub(super) fn new(id: &str, alphabet: Alphabet, fault: Fault) -> Self {
        Self { id: Excerpt::of(id), alphabet, fault }
    }

    /// The stable code of this error: `TENANT_INVALID`.
    pub fn code(&self) -> &'static str {
        "TENANT_INVALID"
    }
}

impl fmt::Display for InvalidTenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, alphabet, fault } = self;
        let (characters, max) = (alphabet.characters(), alphabet.max());
        write!(f, "invalid tenant id {id}: ")?;
        match fault {
            Fault::Empty => write!(f, "it is empty, and needs 1 to {max} of {characters}"),
            Fault::TooLong => write!(f, "it is longer than {max} characters"),
            Fault::Character { character, position } => {
                write!(f, "{character:?} at position {position} is not in {characters}")
            }
            Fault::End { character, position } => write!(
                f,
                "{character:?} at position {position}: an id begins and ends with a letter or digit"
            ),
        }
    }
}

impl std::error::Error for InvalidTenantId {}
