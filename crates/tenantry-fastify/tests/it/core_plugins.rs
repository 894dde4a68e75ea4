//! The core plugins that come built in, in applications as tenants write them.

use std::sync::Arc;

use crate::support::{body, context, engine, send};
use bytes::Bytes;
use http::{Request, Response};
use tenantry_fastify::{App, AppConfig, plugins};
use tenantry_js::Overlay;

/// An application of these files with core plugins before all else.
async fn load_with(
    names: &[&str],
    files: &[(&str, &str)],
    change: impl FnOnce(&mut AppConfig),
) -> App {
    let mut config = crate::support::config(files);
    config.modules = Arc::new(Overlay::new(Arc::new(plugins::modules()), config.modules));
    config.manifest.core_plugins =
        names.iter().map(|name| plugins::built_in(name).expect(name)).collect();
    change(&mut config);
    App::load(&engine(), config, context()).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn load(names: &[&str], config: &str, routes: &str) -> App {
    let config = format!("export default {config};");
    let routes = format!("export default async function (fastify) {{ {routes} }}");
    load_with(names, &[("config.mjs", &config), ("routes/index.mjs", &routes)], |_| {}).await
}

async fn get(app: &App, url: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(app, request.body(Bytes::new()).expect("a request")).await
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
    response.headers().get_all(name).iter().map(|value| value.to_str().expect("text")).collect()
}

fn json(response: &Response<Bytes>) -> serde_json::Value {
    serde_json::from_slice(response.body())
        .unwrap_or_else(|error| panic!("{error}: {}", body(response)))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_them_load_together_and_cost_no_hook() {
    let app = load(&plugins::NAMES, "{}", "fastify.get('/', async () => ({ ok: true }));").await;
    let response = get(&app, "/", &[]).await;
    assert_eq!(body(&response), r#"{"ok":true}"#);
    assert!(header(&response, "set-cookie").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_answered_without_its_message() {
    let app = load(
        &["exception"],
        "{}",
        "fastify.get('/', async () => { throw Object.assign(new Error('password=1'), { code: 'X' }); });
         fastify.get('/gone', async () => { throw Object.assign(new Error('no such user'), { statusCode: 404, code: 'NO_USER' }); });
         fastify.post('/', { schema: { body: { type: 'object', required: ['a'] } } }, async () => 1);",
    )
    .await;
    let response = get(&app, "/", &[]).await;
    assert_eq!(
        (response.status().as_u16(), body(&response).as_str()),
        (500, r#"{"success":false,"error":"Internal server error"}"#)
    );
    let response = get(&app, "/gone", &[]).await;
    assert_eq!(response.status(), 404);
    assert_eq!(json(&response)["error"], "no such user");
    let request = Request::post("/")
        .header("content-type", "application/json")
        .body(Bytes::from("{}"))
        .expect("a request");
    let response = send(&app, request).await;
    assert_eq!(response.status(), 400);
    assert_eq!(json(&response)["details"][0]["params"]["missingProperty"], "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_messages_of_its_own() {
    let app = load(
        &["exception"],
        "{ customErrors: true, errorMessages: { QUOTA: 'Too much', constructor: 'never' } }",
        "fastify.get('/quota', async () => { throw Object.assign(new Error('x'), { code: 'QUOTA' }); });
         fastify.get('/other', async () => { throw Object.assign(new Error('x'), { code: 'toString' }); });",
    )
    .await;
    assert_eq!(body(&get(&app, "/quota", &[]).await), r#"{"success":false,"error":"Too much"}"#);
    assert_eq!(
        body(&get(&app, "/other", &[]).await),
        r#"{"success":false,"error":"Unknown error"}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_of_the_tenants_comes_first() {
    let app = load_with(
        &["exception"],
        &[
            ("index.mjs", "export default async function (fastify) { fastify.setErrorHandler((error, request, reply) => { reply.code(418).send({ mine: error.message }); }); }"),
            ("routes/index.mjs", "export default async function (fastify) { fastify.get('/', async () => { throw new Error('x'); }); }"),
        ],
        |_| {},
    )
    .await;
    let response = get(&app, "/", &[]).await;
    assert_eq!((response.status().as_u16(), body(&response).as_str()), (418, r#"{"mine":"x"}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_read_set_signed_and_cleared() {
    let app = load(
        &["cookie"],
        "{ cookie: { secret: 'abc' } }",
        "fastify.get('/', async (request, reply) => {
           reply.setCookie('a', '1').setCookie('a', 'b c', { maxAge: 60, httpOnly: false }).cookie('s', 'v', { signed: true, sameSite: 'none' }).clearCookie('z');
           return request.cookies;
         });
         fastify.get('/unsign', async (request) => request.unsignCookie(request.cookies.s ?? ''));
         fastify.get('/bad', async (request, reply) => { reply.setCookie('a', '1', { path: '/\\r\\nx: y' }); return 1; });",
    )
    .await;
    let response = get(&app, "/", &[("cookie", "x=1; y=%20z; x=2; __proto__=p; bad=%zz")]).await;
    assert_eq!(
        json(&response),
        serde_json::from_str::<serde_json::Value>(
            r#"{"x":"1","y":" z","__proto__":"p","bad":"%zz"}"#
        )
        .expect("json")
    );
    assert_eq!(
        header(&response, "set-cookie"),
        [
            "a=b%20c; Max-Age=60; Path=/; SameSite=Lax",
            // As @fastify/cookie signs it.
            "s=v.Q6q4FKYLpZrY59ovmYlxyEl8HcQ5gzDDT5HeXtAHjOM; Path=/; HttpOnly; Secure; SameSite=None",
            "z=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax",
        ]
    );
    let unsigned =
        get(&app, "/unsign", &[("cookie", "s=v.Q6q4FKYLpZrY59ovmYlxyEl8HcQ5gzDDT5HeXtAHjOM")])
            .await;
    assert_eq!(body(&unsigned), r#"{"valid":true,"renew":false,"value":"v"}"#);
    let forged =
        get(&app, "/unsign", &[("cookie", "s=w.Q6q4FKYLpZrY59ovmYlxyEl8HcQ5gzDDT5HeXtAHjOM")])
            .await;
    assert_eq!(body(&forged), r#"{"valid":false,"renew":false,"value":null}"#);
    let response = get(&app, "/bad", &[]).await;
    assert_eq!(response.status(), 500);
    assert!(header(&response, "x").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_is_asked_for_and_verified() {
    let app = load(
        &["auth"],
        "{ auth: { secret: 'one', sign: { expiresIn: '15m' } } }",
        "fastify.get('/token', async () => ({ good: fastify.jwt.sign({ id: 1, role: 'admin' }), old: fastify.jwt.sign({ id: 1, iat: 1 }) }));
         fastify.get('/me', { preHandler: fastify.authenticate }, async (request) => request.user);
         fastify.get('/verify', async (request) => (await request.jwtVerify()).id);
         fastify.get('/either', { preHandler: fastify.auth([async () => { throw new Error('no'); }, fastify.authenticate]) }, async (request) => request.user.id);
         fastify.get('/open', async (request) => ({ user: request.user }));",
    )
    .await;
    let tokens = json(&get(&app, "/token", &[]).await);
    let bearer = |name: &str| format!("Bearer {}", tokens[name].as_str().expect("a token"));
    let me = get(&app, "/me", &[("authorization", &bearer("good"))]).await;
    assert_eq!((me.status().as_u16(), &json(&me)["role"]), (200, &"admin".into()), "{}", body(&me));
    assert_eq!(body(&get(&app, "/verify", &[("authorization", &bearer("good"))]).await), "1");
    assert_eq!(body(&get(&app, "/either", &[("authorization", &bearer("good"))]).await), "1");
    assert_eq!(body(&get(&app, "/open", &[]).await), r#"{"user":null}"#);
    // {"alg":"none"}.{"id":1}. and one that another secret has signed.
    let none = "Bearer eyJhbGciOiJub25lIn0.eyJpZCI6MX0.".to_owned();
    let other = load(
        &["auth"],
        "{ auth: { secret: 'two' } }",
        "fastify.get('/token', async () => fastify.jwt.sign({ id: 1 }));",
    )
    .await;
    let foreign = format!("Bearer {}", body(&get(&other, "/token", &[]).await));
    for (authorization, status, code) in [
        (bearer("old"), 401, "FST_JWT_AUTHORIZATION_TOKEN_EXPIRED"),
        (format!("{}x", bearer("good")), 401, "FST_JWT_AUTHORIZATION_TOKEN_INVALID"),
        (none, 401, "FST_JWT_AUTHORIZATION_TOKEN_INVALID"),
        (foreign, 401, "FST_JWT_AUTHORIZATION_TOKEN_INVALID"),
        ("Bearer".to_owned(), 400, "FST_JWT_BAD_REQUEST"),
        ("Basic a b".to_owned(), 400, "FST_JWT_BAD_REQUEST"),
        ("Bearer a.b.c".to_owned(), 401, "FST_JWT_AUTHORIZATION_TOKEN_INVALID"),
    ] {
        let response = get(&app, "/me", &[("authorization", &authorization)]).await;
        assert_eq!(
            (response.status().as_u16(), &json(&response)["code"]),
            (status, &code.into()),
            "{authorization}"
        );
    }
    let response = get(&app, "/me", &[]).await;
    assert_eq!(json(&response)["code"], "FST_JWT_NO_AUTHORIZATION_IN_HEADER");
}

/// Tokens that Node signed, of `{"id":7}`.
const BY_RSA: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6N30.FLTVCJQCXQkG-\
     5dwHqR6KerI5t1jxNGvW0SDzudJn1Bbvy8ipKHNsH1063ptR3JJU_3FmGWQZoM52Yp-wHEdKzS8cU4hW\
     E630PwjDoEVy5JscTV5EUE4BGO5juk9_gTxoPtCH2RWHqD2ASkHHQ0ttZXJ0r1taYk9r_1sRa_OZSSAA\
     -3cgB5qhnb3ajztwieyBC9_Qo8gSonFwEYiidyzko6I0G5Q4-Ur3bQauyv-\
     Z6NJ_w9AlITX8tkpMS6JgG6h8aT2kp_Gv4g9JWnE7lEiYQuKOabJxVKMAFg6f41VB722ZlSeRdmPHzWa\
     Ct2CI7k16Uzv4_lo-ReaZ2Ag7h_1rQ";
const BY_P256: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6N30.y7wag56cXATgfTfNlp-\
     ZUbQFsPKWwQ2FEYTQ-ziFxwYnnh9m4mW8JCOvEm5OY63riX52DRIK6vgp9TtHL5f2lg";
/// With the public key of RSA as the secret of an HMAC.
const CONFUSED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6N30.8rifjlaZaetwWMtrEASia1Xa7y_361u\
     _62CPLsQKLKQ";

#[tokio::test(flavor = "multi_thread")]
async fn tokens_may_be_signed_with_a_key_of_which_verifying_needs_the_public_half() {
    let keys = [
        (
            include_str!("../../../tenantry-web/src/identify/jwt/tests/rsa.pem"),
            include_str!("../../../tenantry-web/src/identify/jwt/tests/rsa.pub.pem"),
            BY_RSA,
            "RS256",
        ),
        (
            include_str!("../../../tenantry-web/src/identify/jwt/tests/p256.pem"),
            include_str!("../../../tenantry-web/src/identify/jwt/tests/p256.pub.pem"),
            BY_P256,
            "ES256",
        ),
    ];
    let routes =
        "fastify.get('/me', { preHandler: fastify.authenticate }, async (request) => request.user.id);
         fastify.get('/token', async () => fastify.jwt.sign({ id: 8 }));
         fastify.get('/header', async () => fastify.jwt.decode(fastify.jwt.sign({}), { complete: true }).header.alg);
         fastify.get('/secret', async () => fastify.jwt.sign({ id: 9 }, { algorithm: 'HS256' }));";
    for (private, public, token, algorithm) in keys {
        let both = serde_json::json!({"auth": {"secret": {"private": private, "public": public}}});
        let signs = load(&["auth"], &both.to_string(), routes).await;
        let one = serde_json::json!({"auth": {"secret": {"public": public}}});
        let verifies = load(&["auth"], &one.to_string(), routes).await;
        assert_eq!(body(&get(&signs, "/header", &[]).await), algorithm);
        let made = body(&get(&signs, "/token", &[]).await).to_owned();
        for (token, id) in [(token, "7"), (&made, "8")] {
            let bearer = format!("Bearer {token}");
            let me = get(&verifies, "/me", &[("authorization", &bearer)]).await;
            assert_eq!(body(&me), id, "{algorithm}");
        }
        let (rest, _) = token.rsplit_once('.').expect("a token has parts");
        for bad in [CONFUSED, &format!("{rest}.AAAA"), &format!("{token}A"), BY_RSA, BY_P256] {
            if bad == token {
                continue;
            }
            let bearer = format!("Bearer {bad}");
            let me = get(&verifies, "/me", &[("authorization", &bearer)]).await;
            assert_eq!(json(&me)["code"], "FST_JWT_AUTHORIZATION_TOKEN_INVALID", "{bad}");
        }
        assert_eq!(json(&get(&signs, "/secret", &[]).await)["code"], "FST_JWT_BAD_OPTION");
        assert_eq!(json(&get(&verifies, "/token", &[]).await)["code"], "FST_JWT_NO_SECRET");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_a_secret_is_told_so() {
    let app = load(&["auth"], "{}", "fastify.get('/', async () => fastify.jwt.sign({}));").await;
    let response = get(&app, "/", &[]).await;
    assert_eq!(
        (response.status().as_u16(), &json(&response)["code"]),
        (500, &"FST_JWT_NO_SECRET".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_known_by_their_id() {
    let app = load(
        &["request"],
        "{ request: { idHeader: true, timeHeader: 'x-took' } }",
        "fastify.get('/', async (request) => [request.requestId, request.elapsed() >= 0]);",
    )
    .await;
    let response = get(&app, "/", &[]).await;
    assert_eq!(body(&response), r#"["req-1",true]"#);
    assert_eq!(header(&response, "x-request-id"), ["req-1"]);
    assert!(header(&response, "x-took")[0].ends_with("ms"));
}

mod files {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        };
        write("secret.txt", "secret");
        write("public/hello.txt", "hello world");
        write("public/index.html", "<h1>home</h1>");
        write("public/sub/a b.json", "{}");
        write("public/.env", "SECRET=1");
        write("public/.git/config", "secret");
        std::os::unix::fs::symlink("../secret.txt", folder.path().join("public/out.txt"))
            .expect("a link");
        std::os::unix::fs::symlink("hello.txt", folder.path().join("public/in.txt"))
            .expect("a link");
        std::os::unix::fs::symlink(".env", folder.path().join("public/env.txt")).expect("a link");
        std::os::unix::fs::symlink("/etc", folder.path().join("public/etc")).expect("a link");
        folder
    }

    async fn app(folder: &tempfile::TempDir) -> App {
        let routes = "export default async function (fastify) {
          fastify.get('/file', async (request, reply) => reply.sendFile(request.query.name));
          fastify.get('/direct', async (request) => {
            const { read } = await import('tenantry:files');
            return await read(request.query.name);
          });
        }";
        load_with(&["static"], &[("routes/index.mjs", routes)], |config| {
            config.public = Some(folder.path().join("public"))
        })
        .await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_are_served_with_type_tag_and_ranges() {
        let folder = folder();
        let app = app(&folder).await;
        let whole = get(&app, "/public/hello.txt", &[]).await;
        assert_eq!((whole.status().as_u16(), body(&whole).as_str()), (200, "hello world"));
        assert_eq!(header(&whole, "content-type"), ["text/plain; charset=utf-8"]);
        assert_eq!(header(&whole, "cache-control"), ["public, max-age=0"]);
        let tag = header(&whole, "etag")[0];
        let same = get(&app, "/public/hello.txt", &[("if-none-match", tag)]).await;
        assert_eq!((same.status().as_u16(), same.body().len()), (304, 0));
        let part = get(&app, "/public/hello.txt", &[("range", "bytes=6-")]).await;
        assert_eq!((part.status().as_u16(), body(&part).as_str()), (206, "world"));
        assert_eq!(header(&part, "content-range"), ["bytes 6-10/11"]);
        let beyond = get(&app, "/public/hello.txt", &[("range", "bytes=50-")]).await;
        assert_eq!(
            (beyond.status().as_u16(), header(&beyond, "content-range")),
            (416, vec!["bytes */11"])
        );
        let head =
            send(&app, Request::head("/public/hello.txt").body(Bytes::new()).expect("a request"))
                .await;
        assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
        assert_eq!(header(&head, "content-length"), ["11"]);
        assert_eq!(body(&get(&app, "/public/", &[]).await), "<h1>home</h1>");
        assert_eq!(
            header(&get(&app, "/public/sub/a%20b.json", &[]).await, "content-type"),
            ["application/json; charset=utf-8"]
        );
        assert_eq!(body(&get(&app, "/file?name=hello.txt", &[]).await), "hello world");
        assert_eq!(body(&get(&app, "/public/in.txt", &[]).await), "hello world");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_else_is_served() {
        let folder = folder();
        let app = app(&folder).await;
        for path in [
            "../secret.txt",
            "%2e%2e/secret.txt",
            "..%2fsecret.txt",
            "%2e%2e%2fsecret.txt",
            "sub/../../secret.txt",
            "out.txt",
            "etc/passwd",
            ".env",
            "%2eenv",
            "env.txt",
            ".git/config",
            "sub",
            "sub/",
            "nothing.txt",
            "hello.txt/",
            "hello.txt%00",
            "..%5csecret.txt",
            "/hello.txt",
            "./hello.txt",
            "C:/x",
        ] {
            for url in [format!("/public/{path}"), format!("/file?name={path}")] {
                let response = get(&app, &url, &[]).await;
                let is_plain_name = url == "/file?name=/hello.txt";
                assert_eq!(
                    response.status(),
                    if is_plain_name { 200 } else { 404 },
                    "{url}: {}",
                    body(&response)
                );
            }
            assert_eq!(
                body(&get(&app, &format!("/direct?name={path}"), &[]).await),
                "null",
                "{path}"
            );
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_larger_than_an_answer_is_an_error_that_says_so() {
        let folder = folder();
        let app = load_with(&["static"], &[], |config| {
            config.public = Some(folder.path().join("public"));
            config.response_limit = 5;
        })
        .await;
        let response = get(&app, "/public/hello.txt", &[]).await;
        assert_eq!(
            (response.status().as_u16(), &json(&response)["code"]),
            (500, &"FILE_TOO_LARGE".into())
        );
        assert_eq!(body(&get(&app, "/public/hello.txt", &[("range", "bytes=0-4")]).await), "hello");
    }
}
