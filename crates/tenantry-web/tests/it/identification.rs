use axum::{
    Router,
    extract::{OriginalUri, Path},
    http::{Uri, request::Parts},
    routing::get,
};
use tenantry::{TenantId, TenantManager};
use tenantry_web::{
    ApiError, Identify, TenantLayer, cookie, custom_domain, header, path_param, path_prefix, query,
    subdomain,
};
use tower::Layer;

use crate::support::{World, request, send};

/// A request's URI and headers, and the tenant, or the error's status and code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Result<&'a str, (u16, &'a str)>);

/// Sends one request for each case.
async fn check(app: &Router, cases: &[Case<'_>]) {
    for (uri, headers, expected) in cases {
        let answer = send(app, request(uri, headers)).await;
        match expected {
            Ok(tenant) => answer.says(tenant),
            Err((status, code)) => answer.is(*status, code),
        }
    }
}

const REQUIRED: Result<&str, (u16, &str)> = Err((400, "TENANT_REQUIRED"));
const INVALID: Result<&str, (u16, &str)> = Err((400, "TENANT_INVALID"));
const NOT_FOUND: Result<&str, (u16, &str)> = Err((404, "TENANT_NOT_FOUND"));

#[tokio::test]
async fn by_header() {
    let world = World::new().await;
    let app = world.whose(header("x-tenant-id"));
    check(
        &app,
        &[
            ("/", &[("x-tenant-id", "acme")], Ok("acme")),
            ("/", &[("X-Tenant-ID", "globex")], Ok("globex")),
            ("/", &[], REQUIRED),
            ("/", &[("x-tenant-id", "")], INVALID),
            ("/", &[("x-tenant-id", "nobody")], NOT_FOUND),
            ("/", &[("x-tenant-id", "acme"), ("x-tenant-id", "globex")], INVALID),
            ("/", &[("x-tenant-id", "acme"), ("x-tenant-id", "acme")], INVALID),
            ("/", &[("x-tenant-id", "acme,globex")], INVALID),
            // Nothing is decoded.
            ("/", &[("x-tenant-id", "acm%65")], INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_subdomain() {
    let world = World::new().await;
    let app = world.whose(subdomain("Example.com.").except("www"));
    check(
        &app,
        &[
            ("/", &[("host", "acme.example.com")], Ok("acme")),
            ("/", &[("host", "acme.example.com:3001")], Ok("acme")),
            ("/", &[("host", "ACME.Example.COM.")], Ok("acme")),
            ("http://globex.example.com/", &[("host", "acme.example.com")], Ok("globex")),
            ("/", &[("host", "nobody.example.com")], NOT_FOUND),
            ("/", &[("host", "example.com")], REQUIRED),
            ("/", &[("host", "www.example.com")], REQUIRED),
            ("/", &[("host", "acme.example.org")], REQUIRED),
            ("/", &[("host", "acme.notexample.com")], REQUIRED),
            ("/", &[("host", "acmeexample.com")], REQUIRED),
            ("/", &[("host", "[::1]:3001")], REQUIRED),
            ("/", &[("host", "127.0.0.1")], REQUIRED),
            ("/", &[], REQUIRED),
            ("/", &[("host", "a.acme.example.com")], INVALID),
            ("/", &[("host", ".example.com")], INVALID),
            ("/", &[("host", "-acme.example.com")], INVALID),
            ("/", &[("host", "ac%6De.example.com")], INVALID),
            ("/", &[("host", "acme.example.com, globex.example.com")], INVALID),
            ("/", &[("host", "acme.example.com"), ("host", "globex.example.com")], INVALID),
            // A proxy's word is not taken unless that was asked for.
            (
                "/",
                &[("host", "acme.example.com"), ("x-forwarded-host", "globex.example.com")],
                Ok("acme"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_subdomain_behind_a_proxy() {
    let world = World::new().await;
    let app = world.whose(subdomain("example.com").trust_forwarded_host());
    let forwarded = "x-forwarded-host";
    check(
        &app,
        &[
            ("/", &[("host", "10.0.0.7"), (forwarded, "globex.example.com")], Ok("globex")),
            ("/", &[("host", "acme.example.com")], Ok("acme")),
            ("/", &[(forwarded, "acme.example.com, globex.example.com")], INVALID),
            ("/", &[(forwarded, "acme.example.com"), (forwarded, "globex.example.com")], INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_custom_domain() {
    let world = World::new().await;
    let app = world.whose(custom_domain());
    check(
        &app,
        &[
            ("/", &[("host", "acme.test")], Ok("acme")),
            ("/", &[("host", "ACME.test.:8443")], Ok("acme")),
            ("/", &[("host", "www.acme.test")], NOT_FOUND),
            ("/", &[("host", "nobody.test")], NOT_FOUND),
            ("/", &[("host", "[::1]")], REQUIRED),
            ("/", &[("host", "acme.test"), ("x-forwarded-host", "globex.test")], Ok("acme")),
            ("/", &[("host", "a b")], INVALID),
        ],
    )
    .await;
    world
        .tenants
        .catalog()
        .set_domains(&crate::support::id("globex"), &["globex.test"])
        .await
        .unwrap();
    let app = world.whose(custom_domain().trust_forwarded_host());
    check(
        &app,
        &[("/", &[("host", "acme.test"), ("x-forwarded-host", "globex.test")], Ok("globex"))],
    )
    .await;
}

#[tokio::test]
async fn by_path_parameter() {
    let world = World::new().await;
    let app = world.whose(path_param("tenant"));
    check(
        &app,
        &[
            ("/of/acme/things/7", &[], Ok("acme")),
            ("/of/acm%65/things/7", &[], Ok("acme")),
            ("/of/nobody/things/7", &[], NOT_FOUND),
            ("/of/Acme/things/7", &[], INVALID),
            ("/of/../things/7", &[], INVALID),
            ("/of/a%2Fb/things/7", &[], INVALID),
            ("/of/acme%00/things/7", &[], INVALID),
            ("/of/%ff/things/7", &[], INVALID),
            ("/of/acme%20/things/7", &[], INVALID),
            ("/elsewhere", &[], REQUIRED),
            ("/", &[], REQUIRED),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_path_prefix() {
    let world = World::new().await;
    let inside = async |tenant: TenantId, uri: Uri, OriginalUri(whole): OriginalUri| {
        format!("{tenant} {uri} {whole}")
    };
    let router = Router::new()
        .route("/", get(inside))
        .route("/things/{id}", get(inside))
        .route("/t", get(async || "a path of its own"))
        .fallback(tenantry_web::not_found);
    let layer = TenantLayer::new(world.tenants.clone(), path_prefix("/t/")).exempt("/t");
    let app = layer.layer(router);
    let cases = [
        ("/t/acme/things/7?x=1&y=%20", Ok("acme /things/7?x=1&y=%20 /t/acme/things/7?x=1&y=%20")),
        ("/t/acme/", Ok("acme / /t/acme/")),
        ("/t/acme", Ok("acme / /t/acme")),
        ("/t/acme?x=1", Ok("acme /?x=1 /t/acme?x=1")),
        ("/t/acm%65/things/7", Ok("acme /things/7 /t/acm%65/things/7")),
        ("/t", Ok("a path of its own")),
        ("/t/nobody/things/7", NOT_FOUND),
        ("/t//things/7", INVALID),
        ("/t/", INVALID),
        ("/t/../things/7", INVALID),
        ("/t/Acme/things/7", INVALID),
        ("/t/acme%2Fthings/7", INVALID),
        ("/t/acme%00/things/7", INVALID),
        ("/t/%ff/things/7", INVALID),
        ("/tx/acme/things/7", REQUIRED),
        ("/things/7", REQUIRED),
        ("/t/acme/nothing", Err((404, "NOT_FOUND"))),
    ];
    for (uri, expected) in cases {
        let answer = send(&app, request(uri, &[])).await;
        match expected {
            Ok(body) => answer.says(body),
            Err((status, code)) => answer.is(status, code),
        }
    }
}

#[tokio::test]
async fn by_query() {
    let world = World::new().await;
    let app = world.whose(query("tenant"));
    check(
        &app,
        &[
            ("/?tenant=acme", &[], Ok("acme")),
            ("/?a=1&tenant=globex&b=2", &[], Ok("globex")),
            ("/?ten%61nt=acm%65", &[], Ok("acme")),
            ("/?tenant=nobody", &[], NOT_FOUND),
            ("/?tenant=", &[], INVALID),
            ("/?tenant", &[], INVALID),
            ("/?tenant=acme&tenant=globex", &[], INVALID),
            ("/?tenant=acme+", &[], INVALID),
            ("/?tenant=acme%00", &[], INVALID),
            ("/?tenant=%ff", &[], INVALID),
            ("/?Tenant=acme", &[], REQUIRED),
            ("/", &[], REQUIRED),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_cookie() {
    let world = World::new().await;
    let app = world.whose(cookie("tenant"));
    check(
        &app,
        &[
            ("/", &[("cookie", "tenant=acme")], Ok("acme")),
            ("/", &[("cookie", "a=1; tenant=globex;b=2")], Ok("globex")),
            ("/", &[("cookie", "a=1"), ("cookie", "tenant=acme")], Ok("acme")),
            ("/", &[("cookie", "tenant=nobody")], NOT_FOUND),
            ("/", &[("cookie", "tenant=")], INVALID),
            ("/", &[("cookie", "tenant=\"acme\"")], INVALID),
            ("/", &[("cookie", "tenant=acme=1")], INVALID),
            ("/", &[("cookie", "tenant=acme; tenant=globex")], INVALID),
            ("/", &[("cookie", "tenant=acme"), ("cookie", "tenant=acme")], INVALID),
            ("/", &[("cookie", "tenant=acm%65")], INVALID),
            ("/", &[("cookie", "xtenant=acme; tenantx=acme; tenant")], REQUIRED),
            ("/", &[], REQUIRED),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_a_chain() {
    let world = World::new().await;
    let app = world.whose(header("x-tenant-id").or(custom_domain()).or(query("tenant")));
    check(
        &app,
        &[
            ("/?tenant=globex", &[("x-tenant-id", "acme")], Ok("acme")),
            ("/?tenant=globex", &[("host", "acme.test")], Ok("acme")),
            ("/?tenant=globex", &[("host", "localhost")], Ok("globex")),
            ("/?tenant=globex", &[], Ok("globex")),
            // What is there and wrong is not passed over.
            ("/?tenant=globex", &[("x-tenant-id", "Acme")], INVALID),
            ("/?tenant=globex", &[("x-tenant-id", "nobody")], NOT_FOUND),
            ("/?tenant=Globex", &[("host", "localhost")], INVALID),
            // Nobody's domain, and nothing else.
            ("/", &[("host", "localhost")], NOT_FOUND),
            ("/", &[], REQUIRED),
        ],
    )
    .await;
}

/// `Authorization: Bearer TENANT`, after a while.
struct Bearer;

impl Identify for Bearer {
    async fn identify(
        &self,
        parts: &mut Parts,
        tenants: &TenantManager,
    ) -> Result<Option<TenantId>, ApiError> {
        tokio::task::yield_now().await;
        let value = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
            return Ok(None);
        };
        if token == "stolen" {
            let status = axum::http::StatusCode::UNAUTHORIZED;
            return Err(ApiError::new(
                status,
                "UNAUTHORIZED",
                "this token does not count any more",
            ));
        }
        let id = tenants.config().parse_tenant_id(token).map_err(tenantry::Error::from)?;
        Ok(Some(id))
    }
}

#[tokio::test]
async fn by_a_way_of_ones_own() {
    let world = World::new().await;
    let app = world.whose(Bearer.or(header("x-tenant-id")));
    check(
        &app,
        &[
            ("/", &[("authorization", "Bearer acme")], Ok("acme")),
            ("/", &[("authorization", "Bearer A")], INVALID),
            (
                "/",
                &[("authorization", "Bearer stolen"), ("x-tenant-id", "acme")],
                Err((401, "UNAUTHORIZED")),
            ),
            ("/", &[("x-tenant-id", "globex")], Ok("globex")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_path_parameter_of_a_nest_counts() {
    let world = World::new().await;
    let thing =
        async |tenant: TenantId, Path((_, id)): Path<(String, u32)>| format!("{tenant} {id}");
    let inside = Router::new()
        .route("/things/{id}", get(thing))
        .layer(TenantLayer::new(world.tenants.clone(), path_param("tenant")));
    let app = Router::new().nest("/of/{tenant}", inside);
    send(&app, request("/of/acme/things/7", &[])).await.says("acme 7");
    send(&app, request("/of/nobody/things/7", &[])).await.is(404, "TENANT_NOT_FOUND");
}
