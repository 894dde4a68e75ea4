/// Percent-encodes what has a meaning of its own in a URL.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn only_plain_characters_stay() {
        assert_eq!(encoded("tenant_1-a.b~"), "tenant_1-a.b~");
        assert_eq!(encoded("a b/c?d#e%\"ü"), "a%20b%2Fc%3Fd%23e%25%22%C3%BC");
    }
}
