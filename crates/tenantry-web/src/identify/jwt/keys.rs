use std::fmt;

use jsonwebtoken::{
    DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde_json::{Map, Value};

use super::{JwtAlgorithm, JwtClaims, public_key};

/// A secret shorter than SHA-256's result can be guessed from one token.
const MIN_SECRET: usize = 32;

/// The keys that tokens are verified by, each with the one algorithm it is for.
///
/// Several of them are a rotation: a token with a `kid` goes by the keys of that name and those
/// without one, a token without by all.
#[derive(Clone, Default)]
pub struct JwtKeys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: Option<String>,
    algorithm: JwtAlgorithm,
    key: DecodingKey,
}

/// Why something is no key for tokens.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtKeyError {
    /// An algorithm that is not known, or not allowed, as `none`.
    #[error(
        "tokens cannot be verified by \"{name}\": allowed are HS256, HS384, HS512, RS256, ES256"
    )]
    Algorithm {
        /// The name.
        name: String,
    },
    /// A key of the wrong kind for its algorithm.
    #[error("{algorithm} goes by {wanted}")]
    Kind {
        /// The algorithm.
        algorithm: JwtAlgorithm,
        /// What it goes by.
        wanted: &'static str,
    },
    /// A secret that can be guessed.
    #[error("a secret of {length} bytes can be guessed: it has to have 32 or more")]
    ShortSecret {
        /// How long it is, in bytes.
        length: usize,
    },
    /// A public key that cannot be read.
    #[error("no public key for tokens: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// A set without a key to verify by.
    #[error("the key set has no key to verify tokens by{}", Refused(refused))]
    Empty {
        /// What is in it, and why it does not count.
        refused: Vec<String>,
    },
}

impl JwtKeys {
    /// A secret, for one of the HS algorithms.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError::ShortSecret`] for less than 32 bytes, and [`JwtKeyError::Kind`].
    pub fn secret(algorithm: JwtAlgorithm, secret: impl AsRef<[u8]>) -> Result<Self, JwtKeyError> {
        let secret = secret.as_ref();
        if !algorithm.is_symmetric() {
            return Err(JwtKeyError::Kind { algorithm, wanted: "a public key and no secret" });
        }
        if secret.len() < MIN_SECRET {
            return Err(JwtKeyError::ShortSecret { length: secret.len() });
        }
        Ok(Self(vec![Key { id: None, algorithm, key: DecodingKey::from_secret(secret) }]))
    }

    /// A public key in PEM (`BEGIN PUBLIC KEY`, or `BEGIN RSA PUBLIC KEY`), for RS256 or ES256.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError::Malformed`], also for RSA keys of less than 2,048 bits, and
    /// [`JwtKeyError::Kind`].
    pub fn pem(algorithm: JwtAlgorithm, pem: &str) -> Result<Self, JwtKeyError> {
        let key = match algorithm {
            JwtAlgorithm::Rs256 => DecodingKey::from_rsa_der(&public_key::rsa(pem)?),
            JwtAlgorithm::Es256 => DecodingKey::from_ec_der(&public_key::p256(pem)?),
            _ => return Err(JwtKeyError::Kind { algorithm, wanted: "a secret and no public key" }),
        };
        Ok(Self(vec![Key { id: None, algorithm, key }]))
    }

    /// A key set in JSON, as login services publish it. Keys for other algorithms or for
    /// encryption are passed over.
    ///
    /// # Errors
    ///
    /// [`JwtKeyError::Malformed`] for what is no key set, [`JwtKeyError::Empty`] where no key is
    /// left.
    pub fn jwks(json: &str) -> Result<Self, JwtKeyError> {
        #[derive(serde::Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let malformed = |error: serde_json::Error| JwtKeyError::Malformed {
            reason: format!("not a key set, {{\"keys\":[…]}}: {error}"),
        };
        let set: Set = serde_json::from_str(json).map_err(malformed)?;
        let (mut keys, mut refused) = (Vec::new(), Vec::new());
        for (at, key) in set.keys.into_iter().enumerate() {
            match of_set(key) {
                Ok(key) => keys.push(key),
                Err(why) => refused.push(format!("key {at}: {why}")),
            }
        }
        if keys.is_empty() { Err(JwtKeyError::Empty { refused }) } else { Ok(Self(keys)) }
    }

    /// These keys and others, as while they are rotated.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none, and every token is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A token's claims, if one of the keys signed it. Their meaning is not checked yet.
    pub(super) fn verify(&self, token: &str) -> Result<JwtClaims, &'static str> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| "the bearer token is no JSON web token that can be verified")?;
        let named = |key: &&Key| match (&key.id, &header.kid) {
            (Some(id), Some(kid)) => id == kid,
            _ => true,
        };
        let mut candidates = self.0.iter().filter(named).peekable();
        if candidates.peek().is_none() {
            return Err("the bearer token is signed by an unknown key");
        }
        for key in candidates.filter(|key| key.algorithm.inner() == header.alg) {
            let mut validation = Validation::new(key.algorithm.inner());
            // Checked where what is there and no number counts as wrong.
            validation.required_spec_claims.clear();
            validation.validate_exp = false;
            validation.validate_aud = false;
            let data = jsonwebtoken::decode::<Map<String, Value>>(token, &key.key, &validation);
            if let Ok(data) = data {
                return Ok(JwtClaims::new(data.claims));
            }
        }
        Err("the bearer token's signature is not valid")
    }
}

/// A key of a set, unless it is for something else.
fn of_set(key: Value) -> Result<Key, String> {
    let key: Jwk = serde_json::from_value(key).map_err(|error| error.to_string())?;
    if key.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
        return Err("it is not for signatures".to_owned());
    }
    let said = key.common.key_algorithm;
    let algorithm = match (&key.algorithm, said) {
        (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => JwtAlgorithm::Rs256,
        (AlgorithmParameters::EllipticCurve(curve), None | Some(KeyAlgorithm::ES256))
            if curve.curve == EllipticCurve::P256 =>
        {
            JwtAlgorithm::Es256
        }
        (AlgorithmParameters::OctetKey(_), Some(KeyAlgorithm::HS256)) => JwtAlgorithm::Hs256,
        (AlgorithmParameters::OctetKey(_), Some(KeyAlgorithm::HS384)) => JwtAlgorithm::Hs384,
        (AlgorithmParameters::OctetKey(_), Some(KeyAlgorithm::HS512)) => JwtAlgorithm::Hs512,
        _ => return Err("its algorithm is not among those allowed".to_owned()),
    };
    let decoding = DecodingKey::from_jwk(&key).map_err(|error| error.to_string())?;
    Ok(Key { id: key.common.key_id, algorithm, key: decoding })
}

/// Shows algorithms and names, and no secret.
impl fmt::Debug for JwtKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| (key.algorithm, &key.id))).finish()
    }
}

struct Refused<'a>(&'a [String]);

impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            refused => write!(f, " ({})", refused.join("; ")),
        }
    }
}
