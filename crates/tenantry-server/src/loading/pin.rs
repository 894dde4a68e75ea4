use std::fmt;

use super::{LoadingError, digest::hex};

/// A sha256 as it is pinned: 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pin([u8; 32]);

impl Pin {
    /// Reads a pinned digest. `sha256:` and `sha256-` in front are allowed.
    pub(super) fn parse(key: &str, text: &str) -> Result<Self, LoadingError> {
        let bare = text.strip_prefix("sha256:").or(text.strip_prefix("sha256-"));
        let digits = bare.unwrap_or(text);
        parse_hex(digits).map(Self).ok_or_else(|| LoadingError::InvalidOption {
            key: key.to_owned(),
            option: "sha256".to_owned(),
            reason: format!("\"{text}\" is not 64 hexadecimal digits"),
        })
    }

    /// Refuses what is something else.
    pub(super) fn check(self, key: &str, found: &[u8]) -> Result<(), LoadingError> {
        if self.0 == found {
            return Ok(());
        }
        let (expected, found) = (hex(&self.0), hex(found));
        Err(LoadingError::Digest { key: key.to_owned(), expected, found })
    }
}

fn parse_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_64_digits_with_or_without_the_algorithm_in_front() {
        let digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for text in [digits, &format!("sha256:{digits}"), &format!("sha256-{digits}")] {
            assert_eq!(Pin::parse("k", text).unwrap().to_string(), digits);
        }
        assert_eq!(hex(&Pin::parse("k", &digits.to_uppercase()).unwrap().0), digits);
        for text in ["", "sha256", "sha256:", &digits[1..], &format!("{digits}0"), "latest"] {
            let error = Pin::parse("k", text).unwrap_err();
            assert_eq!(error.code(), "LOADING_OPTION_INVALID", "{text}");
        }
        assert!(Pin::parse("k", &format!("{}é", &digits[2..])).is_err());
    }
}
