//! Digests and HMACs by name.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The digest of some bytes; `None` for a name that is not there.
pub(super) fn hash(name: &str, data: &[u8]) -> Option<Vec<u8>> {
    Some(match name {
        "sha256" => Sha256::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        "sha512" => Sha512::digest(data).to_vec(),
        _ => return None,
    })
}

/// The HMAC of some bytes.
pub(super) fn hmac(name: &str, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    fn with<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
        mac.update(data);
        Some(mac.finalize().into_bytes().to_vec())
    }
    match name {
        "sha256" => with::<Hmac<Sha256>>(key, data),
        "sha384" => with::<Hmac<Sha384>>(key, data),
        "sha512" => with::<Hmac<Sha512>>(key, data),
        _ => None,
    }
}
