//! Signatures by RSA (PKCS #1 v1.5) and by ECDSA on P-256, with keys as PEM.

use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{
    self, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED,
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaEncoding, UnparsedPublicKey,
    VerificationAlgorithm,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// Why there is no signature, and no verdict on one.
pub(super) type Refused = &'static str;

const NO_KEY: Refused = "the key is no PEM of an RSA key, or of one on the curve P-256";
const NO_DIGEST: Refused = "signatures are by SHA-256, and with RSA by SHA-384 and SHA-512";

/// How an ECDSA signature is written: as ASN.1, or as two numbers of the same length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Der,
    Fixed,
}

enum Public {
    Rsa(Vec<u8>),
    P256(Vec<u8>),
}

/// Whether the signature of these bytes is good.
pub(super) fn verify(
    digest: &str,
    pem: &str,
    form: Form,
    data: &[u8],
    signature: &[u8],
) -> Result<bool, Refused> {
    let (algorithm, key): (&dyn VerificationAlgorithm, _) = match public(pem).ok_or(NO_KEY)? {
        Public::Rsa(key) => (
            match digest {
                "sha256" => &signature::RSA_PKCS1_2048_8192_SHA256,
                "sha384" => &signature::RSA_PKCS1_2048_8192_SHA384,
                "sha512" => &signature::RSA_PKCS1_2048_8192_SHA512,
                _ => return Err(NO_DIGEST),
            },
            key,
        ),
        Public::P256(key) if digest == "sha256" => match form {
            Form::Der => (&ECDSA_P256_SHA256_ASN1, key),
            Form::Fixed => (&ECDSA_P256_SHA256_FIXED, key),
        },
        Public::P256(_) => return Err(NO_DIGEST),
    };
    Ok(UnparsedPublicKey::new(algorithm, key).verify(data, signature).is_ok())
}

/// The signature of these bytes.
pub(super) fn sign(digest: &str, pem: &str, form: Form, data: &[u8]) -> Result<Vec<u8>, Refused> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| NO_KEY)?;
    let random = SystemRandom::new();
    let failed = |_| "the signature could not be made";
    if let Some(rsa) = rsa_pair(&key) {
        let encoding: &'static dyn RsaEncoding = match digest {
            "sha256" => &signature::RSA_PKCS1_SHA256,
            "sha384" => &signature::RSA_PKCS1_SHA384,
            "sha512" => &signature::RSA_PKCS1_SHA512,
            _ => return Err(NO_DIGEST),
        };
        let mut made = vec![0; rsa.public().modulus_len()];
        rsa.sign(encoding, &random, data, &mut made).map_err(failed)?;
        return Ok(made);
    }
    let algorithm = match form {
        Form::Der => &ECDSA_P256_SHA256_ASN1_SIGNING,
        Form::Fixed => &ECDSA_P256_SHA256_FIXED_SIGNING,
    };
    let PrivateKeyDer::Pkcs8(pkcs8) = &key else { return Err(NO_KEY) };
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.secret_pkcs8_der(), &random);
    let pair = pair.map_err(|_| NO_KEY)?;
    if digest != "sha256" {
        return Err(NO_DIGEST);
    }
    Ok(pair.sign(&random, data).map_err(failed)?.as_ref().to_vec())
}

/// `rsa` or `ec`, as Node names them, of a public or a private key.
pub(super) fn kind(pem: &str) -> Option<&'static str> {
    match public(pem) {
        Some(Public::Rsa(_)) => return Some("rsa"),
        Some(Public::P256(_)) => return Some("ec"),
        None => {}
    }
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    let is_rsa = rsa_pair(&key).is_some();
    let is_ec = || match &key {
        PrivateKeyDer::Pkcs8(pkcs8) => {
            let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
            EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.secret_pkcs8_der(), &random).is_ok()
        }
        _ => false,
    };
    if is_rsa { Some("rsa") } else { is_ec().then_some("ec") }
}

fn rsa_pair(key: &PrivateKeyDer<'_>) -> Option<rsa::KeyPair> {
    match key {
        PrivateKeyDer::Pkcs8(key) => rsa::KeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => rsa::KeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    }
}

/// What a `-----BEGIN PUBLIC KEY-----` holds.
fn public(pem: &str) -> Option<Public> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).ok()?;
    let mut rest = der.as_ref();
    let mut outer = element(&mut rest, SEQUENCE)?;
    let mut algorithm = element(&mut outer, SEQUENCE)?;
    // The first byte tells how many bits of the last one do not count.
    let key = element(&mut outer, BIT_STRING)?.strip_prefix(&[0])?.to_vec();
    match element(&mut algorithm, OBJECT)? {
        RSA => Some(Public::Rsa(key)),
        EC if element(&mut algorithm, OBJECT) == Some(P256) => Some(Public::P256(key)),
        _ => None,
    }
}

/// The contents of the next element of DER, if it has that tag.
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
