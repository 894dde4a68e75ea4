//! Digests and HMACs by name.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

/// The digest of some bytes; `None` for a name that is not there.
pub(super) fn hash(name: &str, data: &[u8]) -> Option<Vec<u8>> {
    Some(match name {
        // For what others have chosen: signatures of webhooks, gravatars, ETags.
        "md5" => Md5::digest(data).to_vec(),
        "sha1" => Sha1::digest(data).to_vec(),
        "sha224" => Sha224::digest(data).to_vec(),
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
        "md5" => with::<Hmac<Md5>>(key, data),
        "sha1" => with::<Hmac<Sha1>>(key, data),
        "sha224" => with::<Hmac<Sha224>>(key, data),
        "sha256" => with::<Hmac<Sha256>>(key, data),
        "sha384" => with::<Hmac<Sha384>>(key, data),
        "sha512" => with::<Hmac<Sha512>>(key, data),
        _ => None,
    }
}
