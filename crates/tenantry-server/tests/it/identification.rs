//! Which tenant a request is for: by each way of the configuration, by several in order, and by ways of Rust's.

mod tokens;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Extension, Router, routing::get as route};
use bytes::Bytes;
use http::{Request, StatusCode, request::Parts};
use tenantry_server::{
    MultiTenantServer, MultiTenantServerBuilder, TenantHandle, TenantId,
    identification::{
        ApiError, IdentificationStrategy, Identified, Identify, Known, always, header, query, read,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Answer, Project, database};

/// A request's URI and headers, and the tenant with the URL that its routes see, or the error's status and code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Result<&'a str, (u16, &'a str)>);

/// Settings of the section that are refused, the key that is told, and why.
type Refused<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

const REQUIRED: Result<&str, (u16, &str)> = Err((400, "TENANT_REQUIRED"));
const INVALID: Result<&str, (u16, &str)> = Err((400, "TENANT_INVALID"));
const NOT_FOUND: Result<&str, (u16, &str)> = Err((404, "TENANT_NOT_FOUND"));

/// The tenants `acme` and `globex`, which say who they are and what they were asked for.
fn both() -> Project {
    let routes = "export default async (fastify) => {
      const say = async (request) => `${request.tenantId} ${request.url}`
      fastify.get('/', say)
      fastify.get('/user', async (request) => ({ user: request.user ?? null }))
      fastify.get('/*', say)
    }";
    Project::new(&[
        ("tenants/acme/routes/index.mjs", routes),
        ("tenants/globex/routes/index.mjs", routes),
    ])
}

fn by(project: &Project, strategies: &[&str]) -> MultiTenantServerBuilder {
    project.builder().set("server.identification.strategy", strategies.to_vec())
}

async fn send(server: &MultiTenantServer, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(server.inject(request.body(Bytes::new()).unwrap()).await)
}

/// Sends one request for each case. No refusal tells which tenants there are.
async fn check(server: &MultiTenantServer, cases: &[Case<'_>]) {
    for (uri, headers, expected) in cases {
        let answer = send(server, uri, headers).await;
        let status = answer.status.as_u16();
        match expected {
            Ok(said) => {
                assert_eq!((status, answer.text.as_str()), (200, *said), "{uri} {headers:?}")
            }
            Err(refusal) => {
                assert_eq!((status, answer.code().as_str()), *refusal, "{uri} {headers:?}");
                let is_told = |id: &&str| answer.text.contains(*id);
                assert!(!["acme", "globex"].iter().any(is_told), "{answer:?}");
            }
        }
    }
}

/// Why a server with these keys of `[server.identification]` cannot be.
fn refused(settings: &[(&str, &str)]) -> String {
    let project = Project::new(&[]);
    let mut builder = project.builder();
    for (key, value) in settings {
        builder = builder.set(&format!("server.identification.{key}"), *value);
    }
    builder.build().unwrap_err().to_string()
}

#[tokio::test]
async fn by_a_header() {
    let project = both();
    let server = project.builder().set("server.identification.header", "x-shop").build().unwrap();
    check(
        &server,
        &[
            ("/", &[("x-shop", "acme")], Ok("acme /")),
            ("/", &[("X-Shop", "globex")], Ok("globex /")),
            ("/", &[("x-tenant-id", "acme")], REQUIRED),
            ("/", &[("x-shop", "nobody")], NOT_FOUND),
            ("/", &[("x-shop", "No Body")], INVALID),
            ("/", &[("x-shop", "")], INVALID),
            ("/", &[("x-shop", "acme"), ("x-shop", "globex")], INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_a_query_parameter() {
    let project = both();
    let server =
        by(&project, &["query"]).set("server.identification.parameter", "shop").build().unwrap();
    check(
        &server,
        &[
            ("/?shop=acme", &[], Ok("acme /?shop=acme")),
            ("/a?b=1&shop=glob%65x", &[], Ok("globex /a?b=1&shop=glob%65x")),
            ("/?tenant=acme", &[], REQUIRED),
            ("/?shop=nobody", &[], NOT_FOUND),
            ("/?shop=No", &[], INVALID),
            ("/?shop=", &[], INVALID),
            ("/?shop=acme&shop=globex", &[], INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_a_cookie() {
    let project = both();
    let server =
        by(&project, &["cookie"]).set("server.identification.cookie", "shop").build().unwrap();
    check(
        &server,
        &[
            ("/", &[("cookie", "shop=acme")], Ok("acme /")),
            ("/", &[("cookie", "a=1; shop=globex; b=2")], Ok("globex /")),
            ("/", &[("cookie", "tenant=acme")], REQUIRED),
            ("/", &[("cookie", "shop=nobody")], NOT_FOUND),
            ("/", &[("cookie", "shop=No")], INVALID),
            ("/", &[("cookie", "shop=acme; shop=globex")], INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_the_path_whose_beginning_the_tenants_routes_do_not_see() {
    let project = both();
    let server = by(&project, &["path"]).build().unwrap();
    check(
        &server,
        &[
            ("/t/acme/a/b?c=1", &[], Ok("acme /a/b?c=1")),
            ("/t/globex/", &[], Ok("globex /")),
            ("/t/globex", &[], Ok("globex /")),
            ("/t/acme?c=1", &[], Ok("acme /?c=1")),
            ("/t/acm%65/a", &[], Ok("acme /a")),
            ("/t/acme/t/globex/a", &[], Ok("acme /t/globex/a")),
            ("/a", &[("x-tenant-id", "acme")], REQUIRED),
            ("/tx/acme/a", &[], REQUIRED),
            ("/t/nobody/a", &[], NOT_FOUND),
            ("/t/No/a", &[], INVALID),
            ("/t/../a", &[], INVALID),
            ("/t/", &[], INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_before_the_id_in_the_path_is_configured_and_may_be_nothing() {
    let project = both();
    let before = |prefix: &str| {
        by(&project, &["path"]).set("server.identification.prefix", prefix).build().unwrap()
    };
    check(
        &before("/shops/of"),
        &[("/shops/of/acme/a", &[], Ok("acme /a")), ("/t/acme/a", &[], REQUIRED)],
    )
    .await;
    check(
        &before("/"),
        &[("/acme/a", &[], Ok("acme /a")), ("/nobody/a", &[], NOT_FOUND), ("/", &[], INVALID)],
    )
    .await;
}

#[tokio::test]
async fn a_mounted_router_does_not_see_the_beginning_of_the_path_either() {
    let project = both();
    let who = async |Extension(tenant): Extension<TenantHandle>| tenant.id().to_string();
    let server = by(&project, &["path"])
        .mount("/native", Router::new().route("/who", route(who)))
        .build()
        .unwrap();
    check(
        &server,
        &[
            ("/t/globex/native/who", &[], Ok("globex")),
            ("/t/nobody/native/who", &[], NOT_FOUND),
            ("/native/who", &[], REQUIRED),
        ],
    )
    .await;
}

/// What is answered to `GET /` at this host.
async fn at(address: SocketAddr, host: &str) -> String {
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn by_a_subdomain() {
    let project = both();
    let server = by(&project, &["subdomain"])
        .set("server.identification.domain", "example.com")
        .set("server.identification.except", ["www", "api"])
        .build()
        .unwrap();
    let address = server.start().await.unwrap().local_addr();
    for host in ["acme.example.com", "ACME.Example.com:3000"] {
        let answer = at(address, host).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
        assert!(answer.ends_with("\r\n\r\nacme /"), "{host}: {answer}");
    }
    for (host, status, code) in [
        ("www.example.com", 400, "TENANT_REQUIRED"),
        ("nobody.example.com", 404, "TENANT_NOT_FOUND"),
        ("a.b.example.com", 400, "TENANT_INVALID"),
    ] {
        let answer = at(address, host).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{host}: {answer}");
    }
    check(
        &server,
        &[
            ("/", &[("host", "globex.example.com")], Ok("globex /")),
            ("/", &[("host", "api.example.com")], REQUIRED),
            ("/", &[("host", "example.com")], REQUIRED),
            ("/", &[("host", "acme.example.org")], REQUIRED),
            ("/", &[], REQUIRED),
        ],
    )
    .await;
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_forwarded_host_counts_only_behind_a_proxy_that_is_trusted() {
    let project = both();
    let behind = |trusted: bool| {
        by(&project, &["subdomain"])
            .set("server.identification.domain", "example.com")
            .set("server.trust_proxy", trusted)
            .build()
            .unwrap()
    };
    let headers = &[("host", "acme.example.com"), ("x-forwarded-host", "globex.example.com")];
    check(&behind(false), &[("/", headers, Ok("acme /"))]).await;
    check(&behind(true), &[("/", headers, Ok("globex /"))]).await;
}

#[tokio::test]
async fn by_a_domain_of_the_tenants_own() {
    let (_db, manager) = database(&["acme", "globex"], "").await;
    let acme = TenantId::parse("acme").unwrap();
    manager.catalog().set_domains(&acme, &["shop.test"]).await.unwrap();
    let project = both();
    let server = |strategies: &[&str]| by(&project, strategies).manager(manager.clone());
    check(
        &server(&["domain"]).build().unwrap(),
        &[
            ("/", &[("host", "shop.test")], Ok("acme /")),
            ("/", &[("host", "SHOP.test.:8443")], Ok("acme /")),
            ("/", &[("host", "www.shop.test")], NOT_FOUND),
            ("/", &[], REQUIRED),
        ],
    )
    .await;
    // A domain that is nobody's is no word against what else the request says.
    check(
        &server(&["domain", "query"]).build().unwrap(),
        &[
            ("/?tenant=globex", &[("host", "shop.test")], Ok("acme /?tenant=globex")),
            ("/?tenant=globex", &[("host", "other.test")], Ok("globex /?tenant=globex")),
            ("/", &[("host", "other.test")], NOT_FOUND),
        ],
    )
    .await;
    let by_default = server(&["domain"]).set("server.identification.default", "globex");
    check(
        &by_default.build().unwrap(),
        &[
            ("/", &[("host", "shop.test")], Ok("acme /")),
            ("/", &[("host", "other.test")], Ok("globex /")),
        ],
    )
    .await;
}

#[tokio::test]
async fn of_several_ways_the_first_that_tells_counts_whatever_the_others_say() {
    let project = both();
    let server = by(&project, &["cookie", "header", "query"]).build().unwrap();
    let (cookie, header) = (("cookie", "tenant=acme"), ("x-tenant-id", "globex"));
    check(
        &server,
        &[
            ("/", &[cookie, header], Ok("acme /")),
            ("/?tenant=acme", &[header], Ok("globex /?tenant=acme")),
            ("/?tenant=acme", &[], Ok("acme /?tenant=acme")),
            ("/", &[], REQUIRED),
            // What is there and wrong is not passed over.
            ("/", &[("cookie", "tenant=No"), header], INVALID),
            ("/", &[("cookie", "tenant=nobody"), header], NOT_FOUND),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_default_is_for_requests_that_name_nobody_and_for_no_others() {
    let project = both();
    let server = by(&project, &["header", "query"]);
    let server = server.set("server.identification.default", "globex").build().unwrap();
    check(
        &server,
        &[
            ("/", &[], Ok("globex /")),
            ("/?tenant=acme", &[], Ok("acme /?tenant=acme")),
            ("/", &[("x-tenant-id", "nobody")], NOT_FOUND),
            ("/", &[("x-tenant-id", "No")], INVALID),
            ("/?tenant=", &[], INVALID),
        ],
    )
    .await;
    let nobody = project.builder().set("server.identification.default", "nobody").build().unwrap();
    check(&nobody, &[("/", &[], NOT_FOUND)]).await;
}

/// By a key `TENANT.SECRET`, which is looked up.
struct ByKey;

impl IdentificationStrategy for ByKey {
    fn identify<'a>(&'a self, parts: &'a mut Parts, known: Known<'a>) -> Identified<'a> {
        let key = parts.headers.get("x-api-key").and_then(|key| key.to_str().ok());
        let Some(key) = key.map(str::to_owned) else { return Identified::Now(Ok(None)) };
        Identified::Later(Box::pin(async move {
            tokio::task::yield_now().await;
            match key.split_once('.') {
                Some((id, "good")) => Ok(Some(known.parse(id)?)),
                _ => {
                    let status = StatusCode::UNAUTHORIZED;
                    Err(ApiError::new(status, "KEY_UNKNOWN", "there is no such key"))
                }
            }
        }))
    }
}

#[tokio::test]
async fn by_a_way_of_rusts_that_waits_and_refuses() {
    let project = both();
    // Over what the configuration says.
    let server = by(&project, &["header"]).identification(ByKey).build().unwrap();
    check(
        &server,
        &[
            ("/", &[("x-api-key", "acme.good")], Ok("acme /")),
            ("/", &[("x-api-key", "acme.bad")], Err((401, "KEY_UNKNOWN"))),
            ("/", &[("x-api-key", "nobody.good")], NOT_FOUND),
            ("/", &[("x-api-key", "No.good")], INVALID),
            ("/", &[("x-tenant-id", "acme")], REQUIRED),
        ],
    )
    .await;
}

#[tokio::test]
async fn another_way_counts_from_the_next_request_on() {
    let project = both();
    let server = project.server();
    let requests: [(&str, &[(&str, &str)]); 4] = [
        ("/", &[("x-tenant-id", "acme")]),
        ("/?shop=acme", &[]),
        ("/", &[("user-agent", "acme/1.4")]),
        ("/", &[("x-api-key", "acme.good")]),
    ];
    // Of those requests, that one names acme; the others nobody, or somebody else.
    let only = async |named: usize, others: Result<&'static str, u16>| {
        for (at, (uri, headers)) in requests.iter().enumerate() {
            let answer = send(&server, uri, headers).await;
            let told = match answer.status.as_u16() {
                200 => Ok(answer.text.split(' ').next().unwrap().to_owned()),
                status => Err(status),
            };
            let expected = if at == named { Ok("acme") } else { others };
            assert_eq!(told, expected.map(str::to_owned), "{uri} {headers:?}");
        }
    };
    only(0, Err(400)).await;
    server.set_identification_strategy(query("shop"));
    only(1, Err(400)).await;
    server.set_identification_strategy(read(|request| {
        Some(request.headers.get("user-agent")?.to_str().ok()?.split_once('/')?.0.to_owned())
    }));
    only(2, Err(400)).await;
    server.set_identification_strategy(ByKey);
    only(3, Err(400)).await;
    let default = TenantId::parse("globex").unwrap();
    server.set_identification_strategy(header("x-tenant-id").or(always(default)));
    only(0, Ok("globex")).await;
}

#[tokio::test]
async fn a_request_goes_on_for_the_tenant_that_it_was_for_when_it_came() {
    let project = Project::with_routes(
        "let go
         const gate = new Promise((resolve) => { go = resolve })
         export default async (fastify) => {
           fastify.get('/wait', async (request) => { await gate; return request.tenantId })
           fastify.get('/go', async () => { go(); return 'gone' })
         }",
    );
    let server = project.server();
    server.ready().await.unwrap();
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { send(&server, "/wait", &[("x-tenant-id", "acme")]).await }
    });
    let start = Instant::now();
    while server.tenant_stats().tenants[0].open == 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "it is never under way");
        tokio::task::yield_now().await;
    }
    server.set_identification_strategy(query("tenant"));
    assert_eq!(send(&server, "/go?tenant=acme", &[]).await.text, "gone");
    assert_eq!(waiting.await.unwrap().text, "acme");
}

#[test]
fn what_cannot_be_is_told_by_its_key_when_the_server_is_built() {
    let cases: [Refused<'_>; 6] = [
        (&[("strategy", "magic")], "strategy = \"magic\"", "allowed is header, subdomain"),
        (&[("strategy", "subdomain")], "domain", "needs the domain that tenants are under"),
        (&[("strategy", "path"), ("prefix", "t")], "prefix = \"t\"", "begin with /"),
        (&[("header", "no header")], "header = \"no header\"", "no header's name"),
        (&[("default", "No Body")], "default = \"No Body\"", "'N' at position 1"),
        (&[("strategy", "jwt")], "jwt", "needs this section"),
    ];
    for (settings, key, reason) in cases {
        let told = refused(settings);
        assert!(told.contains(&format!("server.identification.{key}")), "{told}");
        assert!(told.contains(reason), "{told}");
    }
}
