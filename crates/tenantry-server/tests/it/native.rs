mod answers;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Extension, Json, Router, http::StatusCode, routing::get as route};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use tenantry_server::{
    FailedRequest, TenantHandle,
    native::{BoxError, NativeDatabase, NativeTenant, TenantModule, database_error},
    plugin::{Flow, Hook, NativeError, NativePlugin, NativeRequest, Reply, Scope},
};
use tenantry_web::TenantDb;

use crate::support::{Answer, Project, database, get, request};

struct Reports;

impl TenantModule for Reports {
    fn load<'a>(&'a self, tenant: &'a mut NativeTenant) -> BoxFuture<'a, Result<Router, BoxError>> {
        Box::pin(async move {
            tenant.service("ReportService").route("GET", "/reports");
            Ok(Router::new()
                .route("/reports", route(async || "none yet"))
                .route("/count", route(count)))
        })
    }

    fn config(&self) -> Value {
        json!({"name": "Reports", "customErrors": true})
    }
}

async fn count(mut db: TenantDb) -> String {
    let row = db.query_one("SELECT count(*) FROM users", &[]).await.unwrap();
    row.get::<_, i64>(0).to_string()
}

#[tokio::test]
async fn a_tenant_may_be_a_module_of_rusts() {
    let (_db, manager) = database(&["reports"], "CREATE TABLE users (id int);").await;
    let project = Project::new(&[]);
    let server = project.builder().manager(manager).tenant("reports", Reports).build().unwrap();
    assert_eq!(get(&server, "reports", "/reports").await.text, "none yet");
    assert_eq!(get(&server, "reports", "/count").await.text, "0");
    assert_eq!(get(&server, "reports", "/nowhere").await.code(), "NOT_FOUND");
    let tenant = server.reload_tenant("reports").await.unwrap();
    assert_eq!(
        (tenant.name(), tenant.list_services()),
        ("Reports", &["ReportService".to_owned()][..])
    );
    let stats = server.tenant_stats();
    assert_eq!((stats.by_type["native"], stats.requests), (1, 3));
}

/// For all tenants: it lets nobody in without a key, but to its own scope's route.
struct Keys;

impl NativePlugin for Keys {
    fn name(&self) -> &str {
        "keys"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::OnRequest, |request| async move {
            match request.headers().get("x-key") {
                Some(_) => Ok(Flow::go_on().header("x-checked", "yes").property("key", json!("k"))),
                None => {
                    Err(NativeError::new(StatusCode::UNAUTHORIZED, "NO_KEY", "a key is needed"))
                }
            }
        });
        scope.get("/keys/:id", |request| async move {
            Ok(Reply::json(&json!({ "id": request.param("id"), "tenant": request.tenant_id() })))
        });
        scope.register("/inner", |inner| {
            inner.hook(Hook::PreHandler, |request| async move {
                let key = request.property("key").cloned().unwrap_or_default();
                Ok(Flow::Answer(Reply::json(&json!({ "inner": key }))))
            });
            inner.get("/", |_| async { Ok(Reply::json(&json!("never"))) });
        });
        Ok(())
    }
}

/// A tenant's own.
struct Audit(Arc<AtomicUsize>);

impl NativePlugin for Audit {
    fn name(&self) -> &str {
        "audit"
    }

    fn dependencies(&self) -> Vec<&str> {
        vec!["keys"]
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        let count = self.0.clone();
        scope.hook(Hook::OnResponse, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            async { Ok(Flow::go_on()) }
        });
        Ok(())
    }
}

#[derive(Clone)]
struct Prices(u32);

struct Shop(Arc<AtomicUsize>);

impl TenantModule for Shop {
    fn load<'a>(&'a self, tenant: &'a mut NativeTenant) -> BoxFuture<'a, Result<Router, BoxError>> {
        Box::pin(async move {
            tenant.provide("PriceService", Prices(7)).plugin(Audit(self.0.clone()));
            let price =
                async |Extension(prices): Extension<Prices>,
                       Extension(request): Extension<NativeRequest>| {
                    format!("{} {}", prices.0, request.property("key").unwrap_or(&Value::Null))
                };
            Ok(Router::new().route("/price", route(price)))
        })
    }
}

#[tokio::test]
async fn native_plugins_are_for_tenants_in_rust_as_for_those_in_javascript() {
    let audited = Arc::new(AtomicUsize::new(0));
    let project = Project::new(&[(
        "tenants/acme/routes/index.mjs",
        "export default async (fastify) => { fastify.get('/price', async (request) => `7 ${JSON.stringify(request.key)}`) }",
    )]);
    let server = project.builder().native_plugin(Keys).tenant("shop", Shop(audited.clone()));
    let server = server.build().unwrap();
    for tenant in ["acme", "shop"] {
        let refused = get(&server, tenant, "/price").await;
        assert_eq!(refused.status, 401, "{tenant}: {refused:?}");
        let told = refused.json();
        assert!(refused.text.contains("a key is needed"), "{tenant}: {told}");
        let with_key = async |path: &str| {
            let request = request(tenant, "GET", path).header("x-key", "k").body(Bytes::new());
            Answer::of(server.inject(request.unwrap()).await)
        };
        let price = with_key("/price").await;
        assert_eq!(price.text, "7 \"k\"", "{tenant}: {price:?}");
        assert_eq!(price.response.headers()["x-checked"], "yes");
        assert_eq!(with_key("/keys/9").await.json(), json!({ "id": "9", "tenant": tenant }));
        assert_eq!(with_key("/inner").await.json(), json!({ "inner": "k" }));
        assert_eq!(with_key("/nowhere").await.status, 404);
    }
    let shop = server.init_tenant("shop").await.unwrap();
    assert_eq!(shop.list_services(), ["PriceService"]);
    while audited.load(Ordering::SeqCst) < 5 {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

/// For all tenants: what can be done around the answer. It keeps which errors it was told of.
struct Around(Arc<Mutex<Vec<String>>>);

impl NativePlugin for Around {
    fn name(&self) -> &str {
        "around"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        scope.hook(Hook::PreParsing, |request| async move {
            match request.headers().contains_key("x-refuse") {
                true => Err(NativeError::new(StatusCode::FORBIDDEN, "REFUSED", "not with that")),
                false => Ok(Flow::go_on()),
            }
        });
        scope.pre_serialization(|_, payload| async move { Ok(Some(json!({ "data": payload }))) });
        scope.on_send(|request, answer| async move {
            let length = answer.payload.as_ref().map_or(0, Bytes::len).to_string();
            Ok(answer.with_header("x-of", request.tenant_id()).with_header("x-length", &length))
        });
        let told = self.0.clone();
        scope.on_error(move |request, NativeError { status, code, .. }| {
            told.lock().unwrap().push(format!(
                "{} {} {code}",
                request.tenant_id(),
                status.as_u16()
            ));
            async {}
        });
        Ok(())
    }
}

/// A tenant with one route and no configuration.
struct Plain;

impl TenantModule for Plain {
    fn load<'a>(&'a self, _: &'a mut NativeTenant) -> BoxFuture<'a, Result<Router, BoxError>> {
        Box::pin(async { Ok(Router::new().route("/reports", route(async || "none yet"))) })
    }
}

#[tokio::test]
async fn native_plugins_have_hooks_around_the_answer() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let project = Project::with_routes(
        "export default async (fastify) => {
           fastify.addHook('preSerialization', async (request, reply, payload) => ({ ...payload, of: request.tenantId }))
           fastify.get('/reports', async () => ({ a: 1 }))
         }",
    );
    let server = project.builder().native_plugin(Around(told.clone()));
    let server = server.tenant("reports", Plain).build().unwrap();
    let acme = get(&server, "acme", "/reports").await;
    assert_eq!(acme.json(), json!({ "data": { "a": 1 }, "of": "acme" }));
    let reports = get(&server, "reports", "/reports").await;
    assert_eq!(reports.text, "none yet", "what is text is not serialized");
    for (tenant, answer) in [("acme", acme), ("reports", reports)] {
        let headers = answer.response.headers();
        assert_eq!(headers["x-of"], tenant);
        assert_eq!(headers["x-length"], answer.text.len().to_string().as_str());
        let request = request(tenant, "GET", "/reports").header("x-refuse", "1");
        let refused = Answer::of(server.inject(request.body(Bytes::new()).unwrap()).await);
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.text.contains("not with that"), "{refused:?}");
        assert_eq!(refused.response.headers()["x-of"], tenant);
    }
    assert_eq!(*told.lock().unwrap(), ["acme 403 REFUSED", "reports 403 REFUSED"]);
}

/// For all tenants: it counts a tenant's requests in the tenant's own database.
struct Visits;

impl NativePlugin for Visits {
    fn name(&self) -> &str {
        "visits"
    }

    fn register(&self, scope: &mut Scope) -> Result<(), String> {
        if scope.tenant().get::<NativeDatabase>().is_none() {
            return Err("it needs a database".to_owned());
        }
        scope.hook(Hook::PreHandler, |request| async move {
            let database = request.tenant().get::<NativeDatabase>().unwrap();
            let mut db = database.db().await.map_err(database_error)?;
            let insert = "INSERT INTO visits VALUES ($1)";
            db.execute(insert, &[&request.path()]).await.map_err(database_error)?;
            let counted = db.query_one("SELECT count(*) FROM visits", &[]).await;
            let count: i64 = counted.map_err(database_error)?.get(0);
            Ok(Flow::go_on().property("visits", json!(count)))
        });
        scope.on_send(|request, answer| async move {
            let visits = request.property("visits").unwrap_or(&Value::Null).to_string();
            let plan = request.tenant().config()["plan"].as_str().unwrap_or("none");
            Ok(answer.with_header("x-visits", &visits).with_header("x-plan", plan))
        });
        Ok(())
    }
}

#[tokio::test]
async fn a_native_plugin_has_the_database_and_the_configuration_of_whose_request_it_is() {
    let (_db, manager) =
        database(&["acme", "globex", "reports"], "CREATE TABLE visits (path text);").await;
    let routes = "export default async (fastify) => { fastify.get('/reports', async (request) => `visit ${request.visits}`) }";
    let project = Project::new(&[
        ("tenants/acme/routes/index.mjs", routes),
        ("tenants/acme/config.json", r#"{ "plan": "paid" }"#),
        ("tenants/globex/routes/index.mjs", routes),
        ("tenants/globex/config.mjs", "export default { plan: 'free' }"),
    ]);
    let server = project.builder().manager(manager).native_plugin(Visits);
    let server = server.tenant("reports", Reports).build().unwrap();
    for (tenant, plan, visits) in [
        ("acme", "paid", "1"),
        ("acme", "paid", "2"),
        ("globex", "free", "1"),
        ("reports", "none", "1"),
        ("acme", "paid", "3"),
        ("globex", "free", "2"),
    ] {
        let answer = get(&server, tenant, "/reports").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let headers = answer.response.headers();
        assert_eq!(headers["x-plan"], plan, "{tenant}");
        assert_eq!(headers["x-visits"], visits, "{tenant}");
    }
    assert_eq!(get(&server, "acme", "/reports").await.text, "visit 4");
    server.stop().await;
}

#[tokio::test]
async fn a_native_plugin_that_refuses_a_tenant_keeps_it_out() {
    let project = Project::with_routes("export default async () => {}");
    let server = project.builder().native_plugin(Visits).tenant("reports", Reports);
    let server = server.build().unwrap();
    for tenant in ["acme", "reports"] {
        let refused = get(&server, tenant, "/reports").await;
        let told = (refused.status.as_u16(), refused.code());
        assert_eq!(told, (503, "TENANT_BROKEN".to_owned()), "{tenant}: {refused:?}");
    }
}

#[tokio::test]
async fn the_servers_error_handler_is_for_tenants_in_rust_too() {
    let project = Project::new(&[]);
    let shop = Shop(Arc::default());
    let server = project.builder().native_plugin(Keys).tenant("shop", shop).build().unwrap();
    server.set_error_handler(async |failed: FailedRequest| {
        (StatusCode::IM_A_TEAPOT, Json(json!({ "told": failed.code() })))
    });
    let answer = get(&server, "shop", "/price").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (418, json!({ "told": "NO_KEY" })));
}

#[tokio::test]
async fn routers_of_rusts_are_mounted_for_all_or_one() {
    let project = Project::new(&[
        (
            "tenants/acme/routes/index.mjs",
            "export default async (fastify) => { fastify.get('/native/own', async () => 'javascript') }",
        ),
        ("tenants/globex/config.json", "{}"),
    ]);
    let who = async |Extension(tenant): Extension<TenantHandle>| tenant.id().to_string();
    let server = project
        .builder()
        .mount("/native", Router::new().route("/who", route(who)))
        .mount_for("globex", "/only", Router::new().route("/here", route(async || "globex's")))
        .build()
        .unwrap();
    assert_eq!(get(&server, "acme", "/native/who").await.text, "acme");
    assert_eq!(get(&server, "globex", "/native/who").await.text, "globex");
    assert_eq!(get(&server, "globex", "/only/here").await.text, "globex's");
    assert_eq!(get(&server, "acme", "/only/here").await.status, 404);
}

#[tokio::test]
async fn a_mounted_router_has_its_tenant_whether_that_was_loaded_before_or_not() {
    let project = Project::new(&[
        ("tenants/acme/config.json", r#"{ "plan": "paid" }"#),
        ("tenants/globex/config.json", r#"{ "plan": "free" }"#),
    ]);
    let plan =
        async |Extension(tenant): Extension<TenantHandle>| tenant.config()["plan"].to_string();
    let server = project
        .builder()
        .set("tenants.auto_load", false)
        .set("tenants.max_concurrent", 1)
        .mount("/native", Router::new().route("/plan", route(plan)))
        .build()
        .unwrap();
    for (tenant, plan) in [("acme", "\"paid\""), ("globex", "\"free\""), ("acme", "\"paid\"")] {
        assert_eq!(get(&server, tenant, "/native/plan").await.text, plan);
    }
}

#[tokio::test]
async fn a_mounted_router_is_no_way_around_what_keeps_a_tenant_out() {
    let project = Project::new(&[
        ("tenants/old/config.json", r#"{ "active": false }"#),
        ("tenants/sick/routes/index.mjs", "export default ("),
    ]);
    let server = project
        .builder()
        .mount("/native", Router::new().route("/here", route(async || "here")))
        .build()
        .unwrap();
    for (tenant, status, code) in [("old", 403, "TENANT_INACTIVE"), ("sick", 503, "TENANT_BROKEN")]
    {
        for path in ["/native/here", "/"] {
            let refused = get(&server, tenant, path).await;
            let told = (refused.status.as_u16(), refused.code());
            assert_eq!(told, (status, code.to_owned()), "{tenant} {path}");
        }
    }
}

#[tokio::test]
async fn a_mounted_router_is_within_the_tenants_limits() {
    let project = Project::new(&[("tenants/acme/config.json", "{}")]);
    let hang = async || std::future::pending::<&'static str>().await;
    let server = project
        .builder()
        .set("limits.wall", "1s")
        .set("limits.open_requests", 2)
        .mount("/native", Router::new().route("/hang", route(hang)))
        .build()
        .unwrap();
    server.ready().await.unwrap();
    let answers = join_all((0..3).map(|_| get(&server, "acme", "/native/hang"))).await;
    let mut told: Vec<_> =
        answers.iter().map(|answer| (answer.status.as_u16(), answer.code())).collect();
    told.sort_unstable();
    let (busy, late) = ((503, "TENANT_BUSY".to_owned()), (504, "REQUEST_TIMEOUT".to_owned()));
    assert_eq!(told, [busy, late.clone(), late]);
    assert_eq!(server.tenant_stats().tenants[0].open, 0);
}
