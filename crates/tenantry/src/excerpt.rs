//! Text from outside, made fit for an error message.

use std::fmt;

/// The most characters of a foreign text that a message repeats.
const SHOWN: usize = 40;

/// The beginning of a text that somebody sent, quoted, with control characters escaped: what an
/// error message may repeat of it whatever it holds and however long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    start: String,
    cut: bool,
}

impl Excerpt {
    pub(crate) fn of(text: &str) -> Self {
        let end = text.char_indices().nth(SHOWN).map(|(index, _)| index);
        Self { start: text[..end.unwrap_or(text.len())].to_owned(), cut: end.is_some() }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.start, if self.cut { "…" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_escaped_and_cut() {
        assert_eq!(Excerpt::of("a\"\0\u{1b}b").to_string(), r#""a\"\0\u{1b}b""#);
        let forty = "é".repeat(40);
        assert_eq!(Excerpt::of(&forty).to_string(), format!("{forty:?}"));
        assert_eq!(Excerpt::of(&format!("{forty}é")).to_string(), format!("{forty:?}…"));
    }
}
