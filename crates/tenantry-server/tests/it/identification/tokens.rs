//! Tenants by a claim of a token.

use std::{
    env,
    process::Command,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tenantry_server::{
    MultiTenantServer,
    identification::{JwtAlgorithm, JwtKeys, jwt},
};

use super::{INVALID, NOT_FOUND, REQUIRED, Refused, both, by, check, refused, send};
use crate::support::Project;

const SECRET: &str = "a secret of the tests, of 32 bytes and more";
const OTHER: &str = "another secret of the tests, as long as that";
/// The two as a key set has them.
const SECRET_IN_SET: &str = "YSBzZWNyZXQgb2YgdGhlIHRlc3RzLCBvZiAzMiBieXRlcyBhbmQgbW9yZQ";
const OTHER_IN_SET: &str = "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3RzLCBhcyBsb25nIGFzIHRoYXQ";

/// `{"alg":"none","typ":"JWT"}`.
const NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";

/// A public key, and a token of acme's by its private half that holds until 2100.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXt7UagDJ+XwohzPsvpk90eJM5u80
qXYZH0AYVGAxkBgc6Yx9ZS5w8VgggnUJegB567jDKss+HNZ+QuQ3wIJLvA==
-----END PUBLIC KEY-----
";
const BY_PRIVATE_KEY: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJ0ZW5hbnRJZCI6ImFjbWUiLCJleHAiOjQxMDI0NDQ4MDB9.\
    WoV28LmZ9ftRXPRiPhvAqXZHjtGKuqeLExJg1tLh68mily24nxs3uFv0UjDh7DBIMeZOzw3SrO8YKK6oCahj0g";

const TOKEN_INVALID: Result<&str, (u16, &str)> = Err((401, "TOKEN_INVALID"));
const TOKEN_EXPIRED: Result<&str, (u16, &str)> = Err((401, "TOKEN_EXPIRED"));

fn key_set(secrets: &[&str]) -> String {
    let key = |secret: &&str| json!({ "kty": "oct", "alg": "HS256", "k": secret });
    json!({ "keys": secrets.iter().map(key).collect::<Vec<_>>() }).to_string()
}

/// A server by these ways whose tokens are signed with `SECRET`, with these keys of the section.
fn server(project: &Project, strategies: &[&str], settings: &[(&str, &str)]) -> MultiTenantServer {
    project.write("keys.json", &key_set(&[SECRET_IN_SET]));
    let mut builder = by(project, strategies);
    builder = builder.set("server.identification.jwt.jwks", project.path("keys.json"));
    for (key, value) in settings {
        builder = builder.set(&format!("server.identification.jwt.{key}"), *value);
    }
    builder.build().unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = json!({ "tenantId": "acme", "exp": now() + 600 });
    claims[claim] = value;
    claims
}

fn sign(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn signed(claims: &Value) -> String {
    sign(Algorithm::HS256, SECRET, claims)
}

/// A token of this tenant's.
fn token_of(id: &str) -> String {
    signed(&with("tenantId", json!(id)))
}

async fn check_token(server: &MultiTenantServer, token: &str, expected: Result<&str, (u16, &str)>) {
    let authorization = format!("Bearer {token}");
    check(server, &[("/", &[("authorization", authorization.as_str())], expected)]).await;
}

#[tokio::test]
async fn the_claim_of_a_good_token_names_the_tenant() {
    let project = both();
    let server = server(&project, &["jwt"], &[]);
    check_token(&server, &token_of("acme"), Ok("acme /")).await;
    check_token(&server, &token_of("globex"), Ok("globex /")).await;
    check_token(&server, &token_of("nobody"), NOT_FOUND).await;
    check_token(&server, &token_of("No"), INVALID).await;
    check_token(&server, &signed(&with("tenantId", json!(7))), INVALID).await;
    check_token(&server, &signed(&json!({ "exp": now() + 600 })), REQUIRED).await;
    check(&server, &[("/", &[], REQUIRED), ("/", &[("authorization", "Basic YTpi")], REQUIRED)])
        .await;
}

#[tokio::test]
async fn a_token_that_is_not_signed_or_by_another_key_or_over_is_refused() {
    let project = both();
    let server = server(&project, &["jwt"], &[]);
    let good = token_of("acme");
    let [_, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let others = token_of("globex");
    let other_body = others.split('.').nth(1).unwrap();
    let claims = with("tenantId", json!("acme"));
    for (token, expected) in [
        (sign(Algorithm::HS256, OTHER, &claims), TOKEN_INVALID),
        (sign(Algorithm::HS512, SECRET, &claims), TOKEN_INVALID),
        (format!("{NONE}.{body}."), TOKEN_INVALID),
        (format!("{NONE}.{body}.{signature}"), TOKEN_INVALID),
        (good.replace(signature, ""), TOKEN_INVALID),
        (good.replace(body, other_body), TOKEN_INVALID),
        ("no.token.atall".to_owned(), TOKEN_INVALID),
        (signed(&json!({ "tenantId": "acme" })), TOKEN_INVALID),
        (signed(&with("nbf", json!(now() + 600))), TOKEN_INVALID),
        (signed(&with("exp", json!(now() - 600))), TOKEN_EXPIRED),
    ] {
        check_token(&server, &token, expected).await;
    }
    check_token(&server, &good, Ok("acme /")).await;
}

#[tokio::test]
async fn after_a_token_that_does_not_count_nothing_else_is_asked() {
    let project = both();
    project.write("keys.json", &key_set(&[SECRET_IN_SET]));
    let server = by(&project, &["jwt", "header"])
        .set("server.identification.jwt.jwks", project.path("keys.json"))
        .set("server.identification.default", "globex")
        .build()
        .unwrap();
    let bearer = |token: &str| format!("Bearer {token}");
    let (good, forged) = (bearer(&token_of("acme")), bearer("a.b.c"));
    let late = bearer(&signed(&with("exp", json!(now() - 600))));
    let nobodys = bearer(&signed(&json!({ "exp": now() + 600 })));
    let other = ("x-tenant-id", "globex");
    check(
        &server,
        &[
            ("/", &[("authorization", good.as_str()), other], Ok("acme /")),
            ("/", &[("authorization", forged.as_str()), other], TOKEN_INVALID),
            ("/", &[("authorization", late.as_str()), other], TOKEN_EXPIRED),
            // Whoever holds one could choose.
            ("/", &[("authorization", nobodys.as_str()), other], REQUIRED),
            ("/", &[("authorization", nobodys.as_str())], REQUIRED),
            ("/", &[other], Ok("globex /")),
            ("/", &[], Ok("globex /")),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_a_token_says_is_the_requests_user() {
    let project = both();
    let server = server(&project, &["jwt", "header"], &[]);
    let claims = with("roles", json!(["admin"]));
    let authorization = format!("Bearer {}", signed(&claims));
    let user = send(&server, "/user", &[("authorization", authorization.as_str())]).await;
    assert_eq!(user.json(), json!({ "user": claims }));
    let nobody = send(&server, "/user", &[("x-tenant-id", "acme")]).await;
    assert_eq!(nobody.json(), json!({ "user": null }));
}

#[tokio::test]
async fn claim_issuer_audience_and_leeway_are_configured() {
    let project = both();
    let inner = server(&project, &["jwt"], &[("claim", "/app/tenant")]);
    check_token(&inner, &signed(&with("app", json!({ "tenant": "globex" }))), Ok("globex /")).await;
    check_token(&inner, &token_of("acme"), REQUIRED).await;

    let settings = [("issuer", "https://login.test"), ("audience", "shops")];
    let strict = server(&project, &["jwt"], &settings);
    let token = |issuer: &str, audience: &str| {
        let mut claims = with("iss", json!(issuer));
        claims["aud"] = json!([audience]);
        signed(&claims)
    };
    check_token(&strict, &token("https://login.test", "shops"), Ok("acme /")).await;
    check_token(&strict, &token("https://login.evil", "shops"), TOKEN_INVALID).await;
    check_token(&strict, &token("https://login.test", "others"), TOKEN_INVALID).await;
    check_token(&strict, &token_of("acme"), TOKEN_INVALID).await;

    let just_over = signed(&with("exp", json!(now() - 30)));
    check_token(&server(&project, &["jwt"], &[]), &just_over, Ok("acme /")).await;
    let exact = by(&project, &["jwt"])
        .set("server.identification.jwt.jwks", project.path("keys.json"))
        .set("server.identification.jwt.leeway", 0)
        .build()
        .unwrap();
    check_token(&exact, &just_over, TOKEN_EXPIRED).await;
}

#[tokio::test]
async fn keys_that_are_written_anew_count_without_a_restart() {
    let project = both();
    let server = server(&project, &["jwt"], &[]);
    let (old, new) = (token_of("acme"), sign(Algorithm::HS256, OTHER, &with("sub", json!("x"))));
    check_token(&server, &old, Ok("acme /")).await;
    check_token(&server, &new, TOKEN_INVALID).await;
    project.write("keys.json", &key_set(&[OTHER_IN_SET]));
    let (start, authorization) = (Instant::now(), format!("Bearer {new}"));
    while send(&server, "/", &[("authorization", authorization.as_str())]).await.status != 200 {
        assert!(start.elapsed() < Duration::from_secs(10), "the new key never counts");
        tokio::task::yield_now().await;
    }
    check_token(&server, &old, TOKEN_INVALID).await;
}

#[tokio::test]
async fn a_public_key_in_a_file_verifies_what_its_private_half_signed() {
    let project = both();
    project.write("keys/login.pem", PUBLIC_KEY);
    let pem = project.path("keys/login.pem");
    let server = by(&project, &["jwt"])
        .set("server.identification.jwt.algorithm", "ES256")
        .set("server.identification.jwt.public_key", pem)
        .build()
        .unwrap();
    check_token(&server, BY_PRIVATE_KEY, Ok("acme /")).await;
    // Everybody has the public key: it is nobody's secret.
    let forged = sign(Algorithm::HS256, PUBLIC_KEY, &with("sub", json!("x")));
    check_token(&server, &forged, TOKEN_INVALID).await;
}

/// A variable of the environment that only a test's own process has.
const VARIABLE: &str = "SECRET_OF_A_TEST";

/// Runs one of these tests in a process with a variable in its environment.
fn passes_with(variable: &str, value: &str, test: &str) {
    let mut tests = Command::new(env::current_exe().unwrap());
    let ran = tests.args(["--exact", test]).env(variable, value).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
async fn a_secret_is_in_a_variable_of_the_environment_by_an_algorithm_that_is_said() {
    // Other tests read the environment of this process, so that one of its own has the secret.
    let Ok(secret) = env::var(VARIABLE) else {
        let name = "identification::tokens::a_secret_is_in_a_variable_of_the_environment_by_an_algorithm_that_is_said";
        return passes_with(VARIABLE, SECRET, name);
    };
    let project = both();
    let server = by(&project, &["jwt"])
        .set("server.identification.jwt.algorithm", "HS512")
        // Of a rotation the later ones need not be there.
        .set("server.identification.jwt.secret_env", [VARIABLE, "TENANTRY_OF_NO_TEST"])
        .build()
        .unwrap();
    let claims = with("sub", json!("x"));
    check_token(&server, &sign(Algorithm::HS512, &secret, &claims), Ok("acme /")).await;
    check_token(&server, &sign(Algorithm::HS256, &secret, &claims), TOKEN_INVALID).await;
    check_token(&server, &sign(Algorithm::HS512, OTHER, &claims), TOKEN_INVALID).await;
}

#[tokio::test]
async fn a_strategy_of_tokens_can_be_set_while_the_server_runs() {
    let project = both();
    let server = project.server();
    check_token(&server, &token_of("acme"), REQUIRED).await;
    let keys = JwtKeys::secret(JwtAlgorithm::Hs256, SECRET).unwrap();
    server.set_identification_strategy(jwt(keys, "tenantId"));
    check_token(&server, &token_of("acme"), Ok("acme /")).await;
    check_token(&server, "a.b.c", TOKEN_INVALID).await;
}

#[test]
fn a_section_that_would_let_everybody_in_or_nobody_is_refused() {
    let jwt = ("strategy", "jwt");
    let cases: [Refused<'_>; 4] = [
        (&[jwt, ("jwt.claim", "tenant")], "jwt.secret_env", "jwt.jwks is needed"),
        (&[jwt, ("jwt.algorithm", "none")], "jwt.algorithm = \"none\"", "allowed are HS256"),
        (
            &[jwt, ("jwt.secret_env", "TENANTRY_OF_NO_TEST")],
            "jwt.secret_env = \"TENANTRY_OF_NO_TEST\"",
            "not found",
        ),
        (&[jwt, ("jwt.jwks", "/nowhere/keys.json")], "jwt.jwks", "/nowhere/keys.json"),
    ];
    for (settings, key, reason) in cases {
        let told = refused(settings);
        assert!(told.contains(&format!("server.identification.{key}")), "{told}");
        assert!(told.contains(reason), "{told}");
    }
}
