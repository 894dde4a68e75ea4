//! The JavaScript of `docs/server.md`, and the example, as they stand there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use http::{Method, Request};
use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;
use tenantry_server::MultiTenantServer;

const GUIDE: &str = include_str!("../../../../docs/server.md");

/// The blocks of the guide that begin with a file's name, written into a folder.
fn files_of_the_guide() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut count = 0;
    for block in GUIDE.split("```js\n// ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (code, _) = rest.split_once("```").unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, code).unwrap();
        count += 1;
    }
    assert_eq!(count, 2);
    folder
}

async fn answer(
    server: &MultiTenantServer,
    tenant: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("x-tenant-id", tenant);
    let request = request.header("content-type", "application/json");
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let answer = server.inject(request.body(body).unwrap()).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

#[tokio::test]
async fn the_guides_tenant_runs() {
    let db = TestDb::create().await;
    let config = Config::builder().set("connection.url", db.url()).load().unwrap();
    let manager = TenantManager::connect(config).await.unwrap();
    let id = TenantId::parse("customer-123").unwrap();
    manager.catalog().create(NewTenant::new(id.clone())).await.unwrap();
    let schema = manager.schema_name(&id).unwrap().quoted();
    let tables = format!(
        "CREATE SCHEMA {schema}; CREATE TABLE {schema}.users (id serial PRIMARY KEY, name text, tenant_id text)"
    );
    manager.shared_session().await.unwrap().batch_execute(&tables).await.unwrap();

    let folder = files_of_the_guide();
    let config = json!({ "id": "customer-123" });
    fs::write(folder.path().join("tenants/customer-123/config.json"), config.to_string()).unwrap();
    let server = MultiTenantServer::builder()
        .config(Config::builder())
        .tenants(folder.path().join("tenants"))
        .manager(manager)
        .build()
        .unwrap();
    let made =
        answer(&server, "customer-123", Method::POST, "/users", Some(json!({ "name": "Ada" })))
            .await;
    assert_eq!((made.0, &made.1["success"]), (200, &json!(true)), "{made:?}");
    assert_eq!(made.1["data"]["name"], "Ada");
    let all = answer(&server, "customer-123", Method::GET, "/users", None).await;
    assert_eq!(all.1["data"], json!([made.1["data"]]));
    server.stop().await;
}

#[test]
fn the_guides_configuration_is_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tenantry.toml");
    let mut count = 0;
    for block in GUIDE.split("```toml\n").skip(1) {
        let (text, _) = block.split_once("```").unwrap();
        fs::write(&path, text).unwrap();
        Config::builder().file(&path).load_host().unwrap_or_else(|error| panic!("{text}: {error}"));
        count += 1;
    }
    assert_eq!(count, 3);
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/multi-tenant-server")
        .canonicalize()
        .unwrap()
}

#[tokio::test]
async fn the_example_answers_as_its_readme_says() {
    let loader = Config::builder().file(example().join("tenantry.toml"));
    let server = MultiTenantServer::builder().config(loader).build().unwrap();
    server.ready().await.unwrap();
    let stats = server.tenant_stats();
    assert_eq!((stats.active, stats.total), (2, 2), "{:?}", stats.tenants);

    let acme = answer(&server, "acme", Method::GET, "/", None).await;
    assert_eq!(acme, (200, json!({"tenant": "acme", "name": "Acme Corporation"})));
    let lines = json!({ "lines": [{ "item": "pear", "count": 2 }] });
    let total = answer(&server, "acme", Method::POST, "/total", Some(lines)).await;
    assert_eq!(total, (200, json!({"success": true, "data": {"amount": 1.5, "currency": "EUR"}})));
    let wrong = json!({ "lines": [{ "item": "pear", "count": 0 }] });
    assert_eq!(answer(&server, "acme", Method::POST, "/total", Some(wrong)).await.0, 400);

    let globex = answer(&server, "globex", Method::GET, "/?name=Ada", None).await;
    assert_eq!(globex, (200, json!({"greeting": "Hello Ada, this is Globex"})));
    let order = answer(&server, "globex", Method::POST, "/orders", Some(json!({}))).await;
    assert_eq!(order.0, 500);
    assert_eq!(order.1["error"]["message"], "We have run out of that. Globex is sorry.");

    let request = Request::get("/").header("x-tenant-id", "globex").body("").unwrap();
    assert_eq!(server.inject(request).await.headers()["x-served-for"], "globex");
    server.stop().await;
}
