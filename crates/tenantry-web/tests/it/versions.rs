//! Tenants at different migrations, while they are being migrated.

use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use tenantry::{Error, NewTenant, TenantManager};
use tenantry_web::{TenantLayer, TenantVersion, Version, header, ready};

use crate::support::{World, connect, id, request, send};

/// Makes a ledger of a tenant's, or takes migrations into it.
async fn migrate(tenants: &TenantManager, schema: &str, names: &[&str]) {
    let mut sql = format!(
        "CREATE TABLE IF NOT EXISTS {schema}.tenantry_migrations (number bigint PRIMARY KEY, \
         name varchar(200), checksum varchar(64), applied_at timestamptz DEFAULT now(), \
         duration_ms integer);"
    );
    for name in names {
        let number = name.split('_').next().unwrap();
        sql.push_str(&format!(
            "INSERT INTO {schema}.tenantry_migrations VALUES ({number}, '{name}.sql', 'x', now(), 1);"
        ));
    }
    tenants.shared().batch_execute(&sql).await.unwrap();
}

fn app(world: &World, needed: Version) -> Router {
    Router::new()
        .route("/", get(async || "served"))
        .route("/version", get(async |version: TenantVersion| version.to_string()))
        .layer(TenantLayer::new(world.tenants.clone(), header("x-tenant-id")).requires(needed))
}

async fn get_for(app: &Router, tenant: &str, path: &str) -> crate::support::Answer {
    send(app, request(path, &[("x-tenant-id", tenant)])).await
}

/// Asks until it is served; how long that took.
async fn served(app: &Router, tenant: &str) -> Duration {
    let start = Instant::now();
    while get_for(app, tenant, "/").await.status != 200 {
        assert!(start.elapsed() < Duration::from_secs(5), "it is never served");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn a_tenant_that_is_behind_gets_503_and_the_others_are_served() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    migrate(&world.tenants, "tenant_globex", &["0001_users", "0002_orders"]).await;
    let app = app(&world, Version::at_least("0002_orders"));
    let refused = get_for(&app, "acme", "/").await;
    refused.is(503, "TENANT_MIGRATING");
    assert!(!refused.body.contains("0001"), "{}", refused.body);
    get_for(&app, "globex", "/").await.says("served");
    get_for(&app, "globex", "/version").await.says("0002_orders.sql");
}

#[tokio::test]
async fn after_its_migration_a_tenant_is_served_at_once_where_that_is_announced() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    let app = app(&world, Version::at_least("2"));
    get_for(&app, "acme", "/").await.is(503, "TENANT_MIGRATING");
    let url = world.url();
    let other = connect(&url).await;
    migrate(&other, "tenant_acme", &["0002_orders"]).await;
    other.catalog().announce_migrated(&[id("acme")]).await.unwrap();
    let took = served(&app, "acme").await;
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[tokio::test]
async fn after_its_migration_a_tenant_is_served_within_a_second_if_nobody_tells() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    let app = app(&world, Version::at_least("0002_orders"));
    get_for(&app, "acme", "/").await.is(503, "TENANT_MIGRATING");
    migrate(&world.tenants, "tenant_acme", &["0002_orders"]).await;
    let took = served(&app, "acme").await;
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[tokio::test]
async fn the_gate_takes_no_connection_for_a_request() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    let app = app(&world, Version::at_least("0001_users"));
    get_for(&app, "acme", "/").await.says("served");
    // The second after the listener has begun, which counts as an announcement.
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1100) {
        get_for(&app, "acme", "/").await.says("served");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = world.tenants.pool_stats().counters.leases;
    for _ in 0..1000 {
        get_for(&app, "acme", "/").await.says("served");
    }
    assert_eq!(world.tenants.pool_stats().counters.leases, before);
}

#[tokio::test]
async fn many_requests_at_once_read_a_ledger_once() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    let versions = world.tenants.versions();
    let before = world.tenants.pool_stats().counters.leases;
    let acme = id("acme");
    let all = futures_util::future::join_all((0..200).map(|_| versions.of(&acme))).await;
    assert!(all.into_iter().all(|version| version.unwrap().has("0001_users")));
    // Its digest, and its rows, since nobody else has the same.
    assert_eq!(world.tenants.pool_stats().counters.leases - before, 2);
}

#[tokio::test]
async fn a_rollback_is_heard_before_and_after() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users", "0002_orders"]).await;
    let app = app(&world, Version::at_least("0002_orders"));
    get_for(&app, "acme", "/").await.says("served");
    let other = connect(&world.url()).await;
    other.catalog().announce_migrated(&[id("acme")]).await.unwrap();
    other
        .shared()
        .batch_execute("DELETE FROM tenant_acme.tenantry_migrations WHERE number = 2")
        .await
        .unwrap();
    // What was read between the announcement and the rollback does not last.
    let start = Instant::now();
    while get_for(&app, "acme", "/").await.status == 200 {
        assert!(start.elapsed() < Duration::from_secs(1), "it is served on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn one_that_is_too_new_is_refused_and_one_without_a_ledger_has_nothing() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users", "0002_drop_name"]).await;
    let app = app(&world, Version::any().below("0002_drop_name"));
    get_for(&app, "acme", "/").await.is(503, "TENANT_MIGRATING");
    get_for(&app, "globex", "/version").await.says("none");
    let versions = world.tenants.versions();
    let error =
        versions.require(&id("globex"), &Version::at_least("0001_users")).await.unwrap_err();
    assert_eq!(error.code(), "TENANT_MIGRATING");
    assert_eq!(
        error.to_string(),
        "the tenant \"globex\" is at the migration none, and what is needed is at least 0001_users"
    );
    let error = versions.of(&id("nobody")).await.unwrap_err();
    assert!(matches!(error, Error::TenantNotFound(_)));
}

#[tokio::test]
async fn a_tenant_made_anew_under_its_name_is_another_one() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    let versions = world.tenants.versions();
    assert!(versions.of(&id("acme")).await.unwrap().has("0001_users"));
    let catalog = world.tenants.catalog();
    catalog.delete(&id("acme")).await.unwrap();
    world.tenants.shared().batch_execute("DROP SCHEMA tenant_acme CASCADE").await.unwrap();
    crate::support::create(&world.tenants, NewTenant::new(id("acme"))).await;
    assert_eq!(versions.of(&id("acme")).await.unwrap().count(), 0);
}

#[tokio::test]
async fn it_is_ready_when_the_shared_schema_is() {
    let world = World::new().await;
    let app: Router = Router::new()
        .route("/ready", ready(world.tenants.clone(), Version::at_least("0001_plans")));
    let answer = async || send(&app, request("/ready", &[])).await;
    answer().await.is(503, "SHARED_MIGRATING");
    migrate(&world.tenants, "public", &["0001_plans"]).await;
    let start = Instant::now();
    while answer().await.status != 200 {
        assert!(start.elapsed() < Duration::from_millis(1500), "it never is");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    answer().await.says(r#"{"ready":true}"#);
}

#[tokio::test]
async fn while_announcements_are_not_heard_a_version_counts_for_a_second() {
    let world = World::new().await;
    migrate(&world.tenants, "tenant_acme", &["0001_users"]).await;
    let config = tenantry::Config::loader().without_file().env(false);
    let config = config.set("connection.url", world.url()).load().unwrap();
    let deaf = TenantManager::builder(config).without_listener().connect().await.unwrap();
    let versions = deaf.versions();
    assert_eq!(versions.of(&id("acme")).await.unwrap().count(), 1);
    migrate(&world.tenants, "tenant_acme", &["0002_orders"]).await;
    let start = Instant::now();
    while versions.of(&id("acme")).await.unwrap().count() != 2 {
        assert!(start.elapsed() < Duration::from_millis(1500), "it is not read again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
