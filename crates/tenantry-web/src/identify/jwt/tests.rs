use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::Request;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;

/// Keys made for these tests by openssl, PKCS #1 and PKCS #8.
const RSA_PRIVATE: &str = include_str!("tests/rsa.pem");
const RSA_PUBLIC: &str = include_str!("tests/rsa.pub.pem");
const RSA_PUBLIC_PKCS1: &str = include_str!("tests/rsa.pkcs1.pub.pem");
const EC_PRIVATE: &str = include_str!("tests/p256.pem");
const EC_PUBLIC: &str = include_str!("tests/p256.pub.pem");
const SECRET: &str = "a secret of the tests, of 32 bytes and more";
const OTHER: &str = "another secret of the tests, as long as that";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({ "tenantId": "acme", "exp": now() + 600 })
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn private_key(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    BASE64_STANDARD.decode(lines.collect::<String>()).unwrap()
}

fn sign(algorithm: Algorithm, kid: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

fn hs256(claims: &Value) -> String {
    sign(Algorithm::HS256, None, claims, &EncodingKey::from_secret(SECRET.as_bytes()))
}

fn secret(text: &str) -> JwtKeys {
    JwtKeys::secret(JwtAlgorithm::Hs256, text).unwrap()
}

fn by_secret() -> Jwt {
    jwt(secret(SECRET), "tenantId")
}

/// The tenant, or the code of the refusal.
fn read(way: &Jwt, authorization: &str) -> Result<Option<String>, &'static str> {
    let request = Request::get("/").header("authorization", authorization);
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    let found = way.read_id(&mut parts, Alphabet::Strict);
    let found = found.map(|id| id.map(|id| id.as_str().to_owned()));
    assert_eq!(parts.extensions.get::<JwtClaims>().is_some(), matches!(found, Ok(Some(_))));
    found.map_err(|error| error.code())
}

fn bearer_of(way: &Jwt, token: &str) -> Result<Option<String>, &'static str> {
    read(way, &format!("Bearer {token}"))
}

const ACME: Result<Option<&str>, &str> = Ok(Some("acme"));

#[track_caller]
fn assert_read(found: Result<Option<String>, &'static str>, expected: Result<Option<&str>, &str>) {
    assert_eq!(found.as_ref().map(Option::as_deref).map_err(|code| *code), expected);
}

#[test]
fn a_good_token_names_its_tenant_by_each_algorithm() {
    let secret_key = EncodingKey::from_secret(SECRET.as_bytes());
    for (ours, theirs) in [
        (JwtAlgorithm::Hs256, Algorithm::HS256),
        (JwtAlgorithm::Hs384, Algorithm::HS384),
        (JwtAlgorithm::Hs512, Algorithm::HS512),
    ] {
        let way = jwt(JwtKeys::secret(ours, SECRET).unwrap(), "tenantId");
        assert_read(bearer_of(&way, &sign(theirs, None, &claims(), &secret_key)), ACME);
    }
    let rsa = EncodingKey::from_rsa_der(&private_key(RSA_PRIVATE));
    for pem in [RSA_PUBLIC, RSA_PUBLIC_PKCS1] {
        let way = jwt(JwtKeys::pem(JwtAlgorithm::Rs256, pem).unwrap(), "tenantId");
        assert_read(bearer_of(&way, &sign(Algorithm::RS256, None, &claims(), &rsa)), ACME);
    }
    let ec = EncodingKey::from_ec_der(&private_key(EC_PRIVATE));
    let way = jwt(JwtKeys::pem(JwtAlgorithm::Es256, EC_PUBLIC).unwrap(), "tenantId");
    assert_read(bearer_of(&way, &sign(Algorithm::ES256, None, &claims(), &ec)), ACME);
}

#[test]
fn a_token_by_another_algorithm_is_refused() {
    let public = JwtKeys::pem(JwtAlgorithm::Rs256, RSA_PUBLIC).unwrap();
    let way = jwt(public.clone().and(secret(SECRET)), "tenantId");
    // Signed with the public key, which everybody has, as if it were a secret.
    for key in [RSA_PUBLIC.as_bytes().to_vec(), private_key(RSA_PUBLIC)] {
        let forged = EncodingKey::from_secret(&key);
        let token = sign(Algorithm::HS256, None, &claims(), &forged);
        assert_read(bearer_of(&way, &token), Err("TOKEN_INVALID"));
    }
    let secret_key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = sign(Algorithm::HS512, None, &claims(), &secret_key);
    assert_read(bearer_of(&way, &token), Err("TOKEN_INVALID"));
    let only_public = jwt(public, "tenantId");
    assert_read(bearer_of(&only_public, &hs256(&claims())), Err("TOKEN_INVALID"));
}

#[test]
fn none_is_no_algorithm() {
    let encode = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signature = hs256(&claims()).rsplit_once('.').unwrap().1.to_owned();
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let head = encode(json!({ "alg": algorithm, "typ": "JWT" }));
        for signature in ["", &signature] {
            let token = format!("{head}.{}.{signature}", encode(claims()));
            assert_read(bearer_of(&by_secret(), &token), Err("TOKEN_INVALID"));
        }
    }
    assert!("none".parse::<JwtAlgorithm>().is_err());
    let set = r#"{"keys":[{"kty":"oct","alg":"none","k":"AAAA"}]}"#;
    assert!(JwtKeys::jwks(set).is_err());
}

#[test]
fn what_was_changed_after_signing_is_refused() {
    let token = hs256(&claims());
    let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let evil = BASE64_URL_SAFE_NO_PAD.encode(with("tenantId", json!("globex")).to_string());
    for token in [
        format!("{head}.{evil}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{head}.{body}.{}", &signature[1..]),
        format!("{token}.{token}"),
        head.to_owned(),
        ".".repeat(2),
        String::new(),
        "é.é.é".to_owned(),
    ] {
        assert_read(bearer_of(&by_secret(), &token), Err("TOKEN_INVALID"));
    }
    let other = jwt(secret(OTHER), "tenantId");
    assert_read(bearer_of(&other, &token), Err("TOKEN_INVALID"));
}

#[test]
fn a_token_holds_from_nbf_to_exp_give_or_take_the_leeway() {
    let way = by_secret();
    for (claims, expected) in [
        (with("exp", json!(now() - 30)), ACME),
        (with("exp", json!(now() - 90)), Err("TOKEN_EXPIRED")),
        (with("exp", json!(now() as f64 + 0.5)), ACME),
        (with("exp", json!((now() + 600).to_string())), Err("TOKEN_INVALID")),
        (with("exp", json!(-1)), Err("TOKEN_INVALID")),
        (with("exp", Value::Null), Err("TOKEN_INVALID")),
        (json!({ "tenantId": "acme" }), Err("TOKEN_INVALID")),
        (with("nbf", json!(now() + 30)), ACME),
        (with("nbf", json!(now() + 90)), Err("TOKEN_INVALID")),
        (with("nbf", json!((now() + 90).to_string())), Err("TOKEN_INVALID")),
    ] {
        assert_read(bearer_of(&way, &hs256(&claims)), expected);
    }
    let strict = by_secret().leeway(std::time::Duration::ZERO);
    let late = hs256(&with("exp", json!(now() - 30)));
    assert_read(bearer_of(&strict, &late), Err("TOKEN_EXPIRED"));
}

#[test]
fn issuer_and_audience_are_checked_where_they_are_said() {
    let way = by_secret().issuer("https://login").audience("api");
    let token = |issuer: Value, audience: Value| {
        let mut claims = with("iss", issuer);
        claims["aud"] = audience;
        hs256(&claims)
    };
    let good = json!("https://login");
    assert_read(bearer_of(&way, &token(good.clone(), json!("api"))), ACME);
    assert_read(bearer_of(&way, &token(good.clone(), json!(["web", "api"]))), ACME);
    for (issuer, audience) in [
        (json!("https://evil"), json!("api")),
        (json!(["https://login"]), json!("api")),
        (good.clone(), json!("web")),
        (good.clone(), json!([])),
        (good, json!({ "api": true })),
    ] {
        assert_read(bearer_of(&way, &token(issuer, audience)), Err("TOKEN_INVALID"));
    }
    assert_read(bearer_of(&way, &hs256(&claims())), Err("TOKEN_INVALID"));
    // Meant for somebody else, as nobody is said to be meant.
    let token = hs256(&with("aud", json!("another-api")));
    assert_read(bearer_of(&by_secret(), &token), Err("TOKEN_INVALID"));
}

#[test]
fn the_claim_is_an_id_and_nothing_is_asked_after_a_token() {
    use crate::{Identify, always};
    let way = by_secret();
    for id in [json!("Acme"), json!("a/b"), json!(""), json!(7), json!(["acme"]), Value::Null] {
        let expected = Err("TENANT_INVALID");
        assert_read(bearer_of(&way, &hs256(&with("tenantId", id))), expected);
    }
    let without = hs256(&json!({ "exp": now() + 600 }));
    assert_read(bearer_of(&way, &without), Err("TENANT_REQUIRED"));
    let chain = way.or(always(TenantId::parse("default").unwrap()));
    let read = |authorization: &str| {
        let request = Request::get("/").header("authorization", authorization);
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        chain.read_id(&mut parts, Alphabet::Strict)
    };
    assert_eq!(read(&format!("Bearer {without}")).unwrap_err().code(), "TENANT_REQUIRED");
    assert_eq!(read("Bearer x.y.z").unwrap_err().code(), "TOKEN_INVALID");
    assert_eq!(read("Basic abc").unwrap().unwrap().as_str(), "default");
}

#[test]
fn a_claim_can_be_inside_of_another() {
    let claims = json!({
        "exp": now() + 600,
        "app": { "tenant": "acme" },
        "https://example.com/tenant": "globex",
    });
    let token = hs256(&claims);
    for (claim, id) in [("/app/tenant", "acme"), ("https://example.com/tenant", "globex")] {
        assert_read(bearer_of(&jwt(secret(SECRET), claim), &token), Ok(Some(id)));
    }
    for claim in ["/app", "/app/x/y", "/", "app/tenant"] {
        assert!(bearer_of(&jwt(secret(SECRET), claim), &token).is_err(), "{claim}");
    }
}

#[test]
fn only_a_bearer_token_is_one() {
    let (way, token) = (by_secret(), hs256(&claims()));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_read(read(&way, &format!("{scheme} {token}")), ACME);
    }
    for authorization in [&*token, "Basic dXNlcjpwYXNz", "Bearerx y", ""] {
        assert_read(read(&way, authorization), Ok(None));
    }
    let bearer = format!("Bearer {token}");
    let request = Request::get("/").header("authorization", &bearer);
    let request = request.header("authorization", &bearer);
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    let error = way.read_id(&mut parts, Alphabet::Strict).unwrap_err();
    assert_eq!(error.code(), "TENANT_INVALID");
}

#[test]
fn keys_are_rotated() {
    let way = by_secret();
    let old = hs256(&claims());
    let key = EncodingKey::from_secret(OTHER.as_bytes());
    let new = sign(Algorithm::HS256, None, &claims(), &key);
    way.clone().set_keys(secret(OTHER).and(secret(SECRET)));
    assert_read(bearer_of(&way, &old), ACME);
    assert_read(bearer_of(&way, &new), ACME);
    way.set_keys(secret(OTHER));
    assert_read(bearer_of(&way, &old), Err("TOKEN_INVALID"));
    assert_read(bearer_of(&way, &new), ACME);
    way.set_keys(JwtKeys::default());
    assert_read(bearer_of(&way, &new), Err("TOKEN_INVALID"));
}

#[test]
fn a_key_set_has_its_keys_by_name() {
    let oct = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let point = private_key(EC_PUBLIC);
    let (x, y) = point[point.len() - 64..].split_at(32);
    let [x, y] = [x, y].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let set = json!({ "keys": [
        { "kty": "oct", "kid": "a", "alg": "HS256", "k": oct(SECRET) },
        { "kty": "EC", "crv": "P-256", "kid": "b", "x": x, "y": y },
        { "kty": "oct", "kid": "c", "alg": "HS256", "use": "enc", "k": oct(OTHER) },
        { "kty": "RSA", "kid": "d", "alg": "PS512", "n": "AQAB", "e": "AQAB" },
        { "kty": "of tomorrow" },
    ]});
    let keys = JwtKeys::jwks(&set.to_string()).unwrap();
    assert_eq!(keys.len(), 2);
    assert!(!format!("{keys:?}").contains(SECRET));
    let way = jwt(keys, "tenantId");
    let secret_key = EncodingKey::from_secret(SECRET.as_bytes());
    let ec = EncodingKey::from_ec_der(&private_key(EC_PRIVATE));
    let hs = |kid| bearer_of(&way, &sign(Algorithm::HS256, kid, &claims(), &secret_key));
    assert_read(hs(Some("a")), ACME);
    assert_read(hs(None), ACME);
    assert_read(hs(Some("b")), Err("TOKEN_INVALID"));
    assert_read(hs(Some("c")), Err("TOKEN_INVALID"));
    assert_read(bearer_of(&way, &sign(Algorithm::ES256, Some("b"), &claims(), &ec)), ACME);
    for set in ["", "[]", "{}", r#"{"keys":3}"#] {
        assert!(matches!(JwtKeys::jwks(set), Err(JwtKeyError::Malformed { .. })), "{set}");
    }
    let error = JwtKeys::jwks(r#"{"keys":[{"kty":"of tomorrow"}]}"#).unwrap_err();
    assert!(error.to_string().contains("key 0"), "{error}");
}

#[test]
fn what_is_no_safe_key_is_refused() {
    use JwtAlgorithm::{Es256, Hs256, Rs256};
    assert_eq!(
        JwtKeys::secret(Hs256, "short").unwrap_err(),
        JwtKeyError::ShortSecret { length: 5 }
    );
    assert!(matches!(JwtKeys::secret(Rs256, SECRET), Err(JwtKeyError::Kind { .. })));
    assert!(matches!(JwtKeys::pem(Hs256, RSA_PUBLIC), Err(JwtKeyError::Kind { .. })));
    let cut_off = RSA_PUBLIC.replace("MIIB", "MIIC");
    for (algorithm, pem, word) in [
        (Rs256, EC_PUBLIC, "RSA"),
        (Es256, RSA_PUBLIC, "P-256"),
        (Es256, include_str!("tests/p384.pub.pem"), "P-256"),
        (Rs256, include_str!("tests/rsa1024.pub.pem"), "2,048"),
        (Rs256, RSA_PRIVATE, "PUBLIC KEY"),
        (Rs256, &cut_off, "cut off"),
        (Rs256, "", "PUBLIC KEY"),
        (Rs256, "-----BEGIN PUBLIC KEY-----", "END"),
        (Rs256, "-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----", "symbol"),
    ] {
        let error = JwtKeys::pem(algorithm, pem).unwrap_err().to_string();
        assert!(error.contains(word), "{error} has no {word}");
    }
}
