//! Public keys out of PEM, down to what a signature is verified with.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::JwtKeyError;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// The shortest modulus that is verified with, in bytes.
const MIN_MODULUS: usize = 256;

/// An RSA key as PKCS #1 has it.
pub(super) fn rsa(pem: &str) -> Result<Vec<u8>, JwtKeyError> {
    let key = match contents(pem, "RSA PUBLIC KEY")? {
        Some(pkcs1) => pkcs1,
        None => {
            let (algorithm, key) = subject(pem)?;
            if object(&mut &*algorithm) != Some(RSA) {
                return Err(malformed("it is not for RSA"));
            }
            key
        }
    };
    let modulus = element(&mut &*key, SEQUENCE).and_then(|mut key| element(&mut key, INTEGER));
    let modulus = modulus.ok_or_else(|| malformed("it is no RSA key"))?;
    if modulus.strip_prefix(&[0]).unwrap_or(modulus).len() < MIN_MODULUS {
        return Err(malformed("an RSA key of less than 2,048 bits is not safe"));
    }
    Ok(key)
}

/// A point on P-256, uncompressed.
pub(super) fn p256(pem: &str) -> Result<Vec<u8>, JwtKeyError> {
    let (algorithm, key) = subject(pem)?;
    let mut algorithm = &*algorithm;
    if object(&mut algorithm) != Some(EC) || object(&mut algorithm) != Some(P256) {
        return Err(malformed("it is not on the curve P-256"));
    }
    match key.as_slice() {
        [4, ..] if key.len() == 65 => Ok(key),
        _ => Err(malformed("its point is not uncompressed")),
    }
}

/// The algorithm and the key of a SubjectPublicKeyInfo.
fn subject(pem: &str) -> Result<(Vec<u8>, Vec<u8>), JwtKeyError> {
    let der = contents(pem, "PUBLIC KEY")?
        .ok_or_else(|| malformed("there is no -----BEGIN PUBLIC KEY----- in it"))?;
    let read = |mut der: &[u8]| {
        let mut outer = element(&mut der, SEQUENCE)?;
        let algorithm = element(&mut outer, SEQUENCE)?;
        // The first byte tells how many bits of the last one do not count.
        let key = element(&mut outer, BIT_STRING)?.strip_prefix(&[0])?;
        Some((algorithm.to_vec(), key.to_vec()))
    };
    read(&der).ok_or_else(|| malformed("it is cut off, or something else"))
}

/// What is between BEGIN and END of that label, if they are there.
fn contents(pem: &str, label: &str) -> Result<Option<Vec<u8>>, JwtKeyError> {
    let Some((_, rest)) = pem.split_once(&format!("-----BEGIN {label}-----")) else {
        return Ok(None);
    };
    let (text, _) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or_else(|| malformed(format!("there is no -----END {label}----- in it")))?;
    let text: String = text.chars().filter(|char| !char.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(text).map(Some).map_err(|error| malformed(error.to_string()))
}

fn object<'a>(der: &mut &'a [u8]) -> Option<&'a [u8]> {
    element(der, OBJECT)
}

/// The contents of the next element, if it has that tag.
fn element<'a>(der: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (length, rest) = match **der {
        [found, length @ 0..=0x7f, ref rest @ ..] if found == tag => (length.into(), rest),
        [found, 0x81, length, ref rest @ ..] if found == tag => (length.into(), rest),
        [found, 0x82, high, low, ref rest @ ..] if found == tag => {
            (usize::from(u16::from_be_bytes([high, low])), rest)
        }
        _ => return None,
    };
    let (contents, after) = rest.split_at_checked(length)?;
    *der = after;
    Some(contents)
}

fn malformed(reason: impl Into<String>) -> JwtKeyError {
    JwtKeyError::Malformed { reason: reason.into() }
}
