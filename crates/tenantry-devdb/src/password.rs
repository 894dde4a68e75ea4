//! The superuser's password: random, and cheap to check.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::error::{DevDbError, Result};

/// A new password: 192 bits that nobody guesses, in characters that need no quoting anywhere.
pub(crate) fn random() -> Result<String> {
    let bytes: [u8; 24] = random_bytes()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What PostgreSQL keeps of a password, and takes in place of one.
///
/// With one iteration instead of 4,096. Iterations make it slow to try the passwords that people
/// choose, and here nobody chooses; but in a debug build they cost a client 100 ms for each
/// connection.
pub(crate) fn verifier(password: &str) -> Result<String> {
    Ok(verifier_with(password, &random_bytes::<16>()?))
}

/// RFC 5802, with PostgreSQL's way of writing it down.
fn verifier_with(password: &str, salt: &[u8]) -> String {
    let salted = hmac(password.as_bytes(), &[salt, &1u32.to_be_bytes()].concat());
    let stored_key = Sha256::digest(hmac(&salted, b"Client Key"));
    let server_key = hmac(&salted, b"Server Key");
    let [salt, stored_key, server_key] =
        [salt, &stored_key, &server_key].map(|it| BASE64_STANDARD.encode(it));
    format!("SCRAM-SHA-256$1:{salt}${stored_key}:{server_key}")
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("keys may have any length");
    hmac.update(message);
    hmac.finalize().into_bytes().into()
}

fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; N];
    File::open(source)
        .and_then(|mut it| it.read_exact(&mut bytes))
        .map_err(DevDbError::io("read", source))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_what_others_compute() {
        // Made with Python's hashlib.pbkdf2_hmac and hmac.
        let salt: Vec<u8> = (0..16).collect();
        assert_eq!(
            verifier_with("secret", &salt),
            "SCRAM-SHA-256$1:AAECAwQFBgcICQoLDA0ODw==\
             $Uo6MTNgk6jESTjgVPzvhB8pn7Tu8QPYz3HlKAek8Uwk=\
             :1T2ouJJ59ci29qwnr6EYiKGfKhZNyonVDSa2JTHq1KM="
        );
    }

    #[test]
    fn passwords_differ() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!(one.len(), 48);
        assert_ne!(one, other);
    }
}
