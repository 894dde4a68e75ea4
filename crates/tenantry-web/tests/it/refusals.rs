use tenantry::TenantStatus;
use tenantry_devdb::testing::TestServer;
use tenantry_web::{header, query};

use crate::support::{World, connect, create, id, request, send};

/// Ids that are no ids, as they are and percent-encoded.
fn wrong() -> Vec<(String, String)> {
    let ids = [
        "",
        " ",
        "two words",
        "Acme",
        "ACME",
        "a'b",
        "a\"b",
        "a;b",
        "a,b",
        "..",
        ".",
        "a/b",
        "a\\b",
        "-acme",
        "acme_",
        "🦀",
        "acmé",
        "acme\0",
        "\0",
        "a\nb",
        "a -c search_path=b",
        "public.x",
        "tenant_acme\"; DROP SCHEMA public; --",
        "%",
        "$1",
        "\u{202e}acme",
    ];
    let long = [64, 1000, 50_000].map(|length| "a".repeat(length));
    let ids = ids.into_iter().map(ToOwned::to_owned).chain(long);
    ids.map(|id| {
        let encoded = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        (id, encoded)
    })
    .collect()
}

#[tokio::test]
async fn wrong_ids_are_400_and_take_no_connection() {
    let world = World::new().await;
    let leases = || world.tenants.pool_stats().counters.leases;
    let before = leases();
    let (by_header, by_query) = (world.whose(header("x-tenant-id")), world.whose(query("tenant")));
    for (id, encoded) in wrong() {
        if axum::http::HeaderValue::from_bytes(id.as_bytes()).is_ok() {
            let answer = send(&by_header, request("/", &[("x-tenant-id", &id)])).await;
            answer.is(400, "TENANT_INVALID");
            assert!(answer.body.len() < 2000, "{}", answer.body.len());
        }
        // A URI has its own limit, in front of ours.
        if encoded.len() < 60_000 {
            let uri = format!("/?tenant={encoded}");
            send(&by_query, request(&uri, &[])).await.is(400, "TENANT_INVALID");
        }
    }
    assert_eq!(leases(), before);
}

#[tokio::test]
async fn unknown_tenants_are_404_take_no_connection_and_evict_nobody() {
    let world = World::new().await;
    let app = world.whose(header("x-tenant-id"));
    for tenant in ["acme", "globex"] {
        world.tenants.db(&id(tenant)).unwrap().query("SELECT 1", &[]).await.unwrap();
    }
    let leases = || world.tenants.pool_stats().counters.leases;
    let before = (leases(), world.tenants.active_tenants());
    assert_eq!(before.1.len(), 2);
    for number in 0..10_000 {
        let unknown = format!("unknown-{number}");
        let answer = send(&app, request("/", &[("x-tenant-id", &unknown)])).await;
        answer.is(404, "TENANT_NOT_FOUND");
        // The catalog's listener is on this thread, too: unheard for a second, lookups would ask the database.
        tokio::task::yield_now().await;
    }
    assert_eq!((leases(), world.tenants.active_tenants()), before);
}

#[tokio::test]
async fn a_suspended_tenant_is_403_and_an_archived_one_410() {
    let world = World::new().await;
    let app = world.whose(header("x-tenant-id"));
    let answer = async || send(&app, request("/", &[("x-tenant-id", "acme")])).await;
    let catalog = world.tenants.catalog();
    catalog.set_status(&id("acme"), TenantStatus::Suspended).await.unwrap();
    answer().await.is(403, "TENANT_SUSPENDED");
    catalog.set_status(&id("acme"), TenantStatus::Archived).await.unwrap();
    answer().await.is(410, "TENANT_ARCHIVED");
    catalog.set_status(&id("acme"), TenantStatus::Active).await.unwrap();
    answer().await.says("acme");
    catalog.delete(&id("acme")).await.unwrap();
    answer().await.is(404, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn a_database_that_is_away_is_503() {
    let server = TestServer::start().await.unwrap();
    server.db().create_database("app").await.unwrap();
    let tenants = connect(&server.url("app")).await;
    create(&tenants, tenantry::NewTenant::new(id("acme"))).await;
    let app = crate::extractors::statements(&tenants);
    let answer = async || send(&app, request("/whose", &[("x-tenant-id", "acme")])).await;
    answer().await.says("\"acme\"");
    server.stop().await.unwrap();
    answer().await.is(503, "DATABASE_UNAVAILABLE");
    let body = answer().await.body;
    for secret in
        ["postgres", "127.0.0.1", "tenant_acme", "SELECT", &server.db().port().to_string()]
    {
        assert!(!body.contains(secret), "{body}");
    }
    server.restart().await.unwrap();
    answer().await.says("\"acme\"");
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_503() {
    let world = World::new().await;
    let app = crate::extractors::statements(&world.tenants);
    let answer = async || send(&app, request("/whose", &[("x-tenant-id", "acme")])).await;
    let held = [
        world.tenants.session(&id("globex")).await.unwrap(),
        world.tenants.session(&id("globex")).await.unwrap(),
    ];
    answer().await.is(503, "POOL_TIMEOUT");
    drop(held);
    answer().await.says("\"acme\"");
    let _ = world.tenants.close().await;
    answer().await.is(503, "POOL_CLOSED");
}

#[tokio::test]
async fn a_disk_that_is_full_is_503() {
    let world = World::new().await;
    let app = crate::extractors::statements(&world.tenants);
    let answer = send(&app, request("/full", &[("x-tenant-id", "acme")])).await;
    answer.is(503, "DATABASE_ERROR");
    assert!(!answer.body.contains("space"), "{}", answer.body);
}

#[tokio::test]
async fn a_statement_that_fails_shows_nothing_of_it() {
    let world = World::new().await;
    let app = crate::extractors::statements(&world.tenants);
    for path in ["/fails", "/fails/diesel"] {
        let answer = send(&app, request(path, &[("x-tenant-id", "acme")])).await;
        answer.is(500, "DATABASE_ERROR");
        assert_eq!(answer.json()["error"]["message"], "something went wrong on the server");
    }
}
