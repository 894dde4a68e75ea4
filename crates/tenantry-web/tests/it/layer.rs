use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    routing::get,
};
use tenantry::context;
use tenantry_web::{ApiError, Query, TenantContext, TenantId, TenantLayer, header, not_found};
use tower::Layer;

use crate::support::{World, request, send};

const ACME: &[(&str, &str)] = &[("x-tenant-id", "acme")];

struct User(String);

async fn with_user(context: TenantContext, parts: Parts) -> Result<TenantContext, ApiError> {
    let name = parts.headers.get("x-user").and_then(|name| name.to_str().ok());
    let name = name.ok_or_else(|| {
        ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "say who you are")
    })?;
    Ok(context.with(User(name.to_owned())))
}

async fn not_mallory(context: TenantContext, _: Parts) -> Result<(), ApiError> {
    if context.get::<User>().is_some_and(|user| user.0 == "mallory") {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", "not here"));
    }
    Ok(())
}

#[tokio::test]
async fn the_context_is_enriched_and_then_checked() {
    let world = World::new().await;
    let whose = async |context: TenantContext| {
        let below = context::current().unwrap();
        assert_eq!(below.tenant_id(), context.tenant_id());
        let (user, same) = (context.get::<User>().unwrap(), below.get::<User>().unwrap());
        assert_eq!(user.0, same.0);
        format!("{} of {}", user.0, context.tenant_id())
    };
    let layer = TenantLayer::new(world.tenants.clone(), header("x-tenant-id"));
    let app =
        Router::new().route("/", get(whose)).layer(layer.enrich(with_user).validate(not_mallory));
    let answer = async |user: &str| {
        send(&app, request("/", &[("x-tenant-id", "acme"), ("x-user", user)])).await
    };
    answer("alice").await.says("alice of acme");
    answer("mallory").await.is(403, "FORBIDDEN");
    send(&app, request("/", ACME)).await.is(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_check_can_use_extractors_and_only_runs_for_a_tenant() {
    #[derive(serde::Deserialize)]
    struct Key {
        key: u32,
    }
    let world = World::new().await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let check = move |_: TenantContext, mut parts: Parts| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            let Query(Key { key }) = Query::from_request_parts(&mut parts, &()).await?;
            if key == 7 { Ok(()) } else { Err(ApiError::not_found("wrong key")) }
        }
    };
    let layer = TenantLayer::new(world.tenants.clone(), header("x-tenant-id")).validate(check);
    let app = Router::new().route("/", get(async || "in")).layer(layer);
    send(&app, request("/?key=7", ACME)).await.says("in");
    send(&app, request("/?key=8", ACME)).await.is(404, "NOT_FOUND");
    send(&app, request("/", ACME)).await.is(400, "VALIDATION_ERROR");
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    send(&app, request("/?key=7", &[("x-tenant-id", "no")])).await.is(404, "TENANT_NOT_FOUND");
    send(&app, request("/?key=7", &[])).await.is(400, "TENANT_REQUIRED");
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_resolved_tenant_is_heard_of_once_it_is_checked() {
    let world = World::new().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    let layer =
        TenantLayer::new(world.tenants.clone(), header("x-tenant-id"))
            .on_resolved(move |context, parts| {
                hearing.lock().unwrap().push(format!("{} {}", context.tenant_id(), parts.uri));
            })
            .validate(async |_: TenantContext, parts: Parts| {
                if parts.uri.path() == "/no" { Err(ApiError::not_found("no")) } else { Ok(()) }
            });
    let app = Router::new().fallback(async || "in").layer(layer);
    for (path, tenant) in [("/a", "acme"), ("/no", "acme"), ("/b", "globex"), ("/c", "nobody")] {
        send(&app, request(path, &[("x-tenant-id", tenant)])).await;
    }
    assert_eq!(*heard.lock().unwrap(), ["acme /a", "globex /b"]);
}

#[tokio::test]
async fn exempt_routes_need_no_tenant_and_have_none() {
    let world = World::new().await;
    let who = async |id: Option<TenantId>| format!("{id:?} {}", context::is_set());
    let layer = TenantLayer::new(world.tenants.clone(), header("x-tenant-id"))
        .exempt("/health")
        .exempt_if(|parts| parts.uri.path().starts_with("/public/"));
    let app = Router::new()
        .route("/health", get(who))
        .route("/health/deep", get(who))
        .route("/public/{page}", get(who))
        .route("/private", get(who))
        .fallback(not_found)
        .layer(layer);
    for path in ["/health", "/health?x=1", "/public/a"] {
        for headers in [&[][..], ACME, &[("x-tenant-id", "Malformed")]] {
            send(&app, request(path, headers)).await.says("None false");
        }
    }
    for path in ["/private", "/health/deep", "/health/", "//health", "/Health", "/public"] {
        send(&app, request(path, &[])).await.is(400, "TENANT_REQUIRED");
    }
    send(&app, request("/private", ACME)).await.says("Some(TenantId(\"acme\")) true");
}

#[tokio::test]
async fn a_route_layer_leaves_other_routes_and_the_fallback_alone() {
    let world = World::new().await;
    let app = Router::new()
        .route("/private", get(async |id: TenantId| id.to_string()))
        .route_layer(TenantLayer::new(world.tenants.clone(), header("x-tenant-id")))
        .route("/health", get(async || "ok"))
        .fallback(not_found)
        .method_not_allowed_fallback(tenantry_web::method_not_allowed);
    send(&app, request("/health", &[])).await.says("ok");
    send(&app, request("/nothing", &[])).await.is(404, "NOT_FOUND");
    send(&app, request("/private", &[])).await.is(400, "TENANT_REQUIRED");
    let mut post = request("/private", &[]);
    *post.method_mut() = axum::http::Method::POST;
    let answer = send(&app, post).await;
    answer.is(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn an_exempt_request_has_no_context_of_another_either() {
    let world = World::new().await;
    let layer = TenantLayer::new(world.tenants.clone(), header("x-tenant-id")).optional();
    let who = async || format!("{:?}", context::try_current().map(|it| it.tenant_id().clone()));
    let app = Router::new().route("/", get(who)).layer(layer);
    let work = (0..300).map(|number| {
        let app = app.clone();
        tokio::spawn(async move {
            let headers: &[(&str, &str)] = match number % 3 {
                0 => &[],
                1 => ACME,
                _ => &[("x-tenant-id", "globex")],
            };
            (number % 3, send(&app, request("/", headers)).await.body)
        })
    });
    for task in work.collect::<Vec<_>>() {
        let (kind, body) = task.await.unwrap();
        let expected = ["None", "Some(TenantId(\"acme\"))", "Some(TenantId(\"globex\"))"][kind];
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn deferred_refusals_are_given_by_whoever_asks_for_the_tenant() {
    let world = World::new().await;
    let router: Router = Router::new()
        .route("/whose", get(async |tenant: TenantId| tenant.to_string()))
        .route("/perhaps", get(async |tenant: Option<TenantId>| format!("{}", tenant.is_some())))
        .route("/health", get(async || format!("{:?}", context::try_current().is_some())))
        .fallback(not_found);
    let app = TenantLayer::new(world.tenants.clone(), header("x-tenant-id"))
        .validate(not_mallory)
        .deferred()
        .layer(router);
    send(&app, request("/whose", ACME)).await.says("acme");
    send(&app, request("/whose", &[])).await.is(400, "TENANT_REQUIRED");
    send(&app, request("/whose", &[("x-tenant-id", "Acme!")])).await.is(400, "TENANT_INVALID");
    send(&app, request("/whose", &[("x-tenant-id", "no")])).await.is(404, "TENANT_NOT_FOUND");

    send(&app, request("/perhaps", ACME)).await.says("true");
    send(&app, request("/perhaps", &[])).await.says("false");
    send(&app, request("/perhaps", &[("x-tenant-id", "no")])).await.is(404, "TENANT_NOT_FOUND");

    send(&app, request("/health", ACME)).await.says("true");
    for wrong in ["", "Acme!", "no"] {
        send(&app, request("/health", &[("x-tenant-id", wrong)])).await.says("false");
    }
    send(&app, request("/nowhere", &[])).await.is(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_tenant_who_is_named_at_once_and_must_be_read_is_found_all_the_same() {
    let world = World::new().await;
    let whose = get(async |tenant: TenantId| tenant.to_string());
    let app = TenantLayer::new(world.tenants.clone(), header("x-tenant-id"))
        .enrich(async |context: TenantContext, _| {
            tokio::task::yield_now().await;
            Ok::<_, ApiError>(context)
        })
        .layer(Router::new().route("/", whose));
    send(&app, request("/", ACME)).await.says("acme");
    send(&app, request("/", &[])).await.is(400, "TENANT_REQUIRED");
}
