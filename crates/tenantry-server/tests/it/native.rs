use axum::{Extension, Router, routing::get as route};
use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use tenantry_server::{
    TenantHandle,
    native::{BoxError, NativeTenant, TenantModule},
};
use tenantry_web::TenantDb;

use crate::support::{Project, database, get};

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
