use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use tenantry_server::MultiTenantServer;

use crate::support::{Answer, Project, get};

pub(crate) const TOKEN: &str = "a-token-of-the-tests";

async fn ask(server: &MultiTenantServer, method: Method, path: &str, token: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {token}"));
    Answer::of(server.inject(request.body(Bytes::new()).unwrap()).await)
}

fn project() -> Project {
    Project::new(&[
        (
            "tenants/acme/routes/index.mjs",
            "export default async (fastify) => {
               fastify.get('/', async (request) => { request.log.info({ n: 1 }, 'said'); return { ok: true } })
               fastify.get('/admin/tenants', async () => 'the tenant\\'s own')
             }",
        ),
        ("tenants/acme/services/Mail.mjs", "export default class Mail {}"),
        ("tenants/globex/config.json", r#"{ "active": false }"#),
    ])
}

#[tokio::test]
async fn health_is_open_and_names_nobody() {
    let project = project();
    let server = project.server();
    let request = Request::builder().uri("/health").body(Bytes::new()).unwrap();
    let health = Answer::of(server.inject(request).await);
    assert_eq!(health.status, 200);
    let json = health.json();
    assert_eq!(json["status"], "ok");
    assert_eq!(json["tenants"], json!({"total": 2, "active": 1, "inactive": 1, "loaded": 1}));
    assert!(json["uptime"].as_f64().unwrap() > 0.0);
    assert!(json["memory"]["isolates"].as_u64().unwrap() > 0);
    assert!(!health.text.contains("acme"));
}

#[tokio::test]
async fn without_a_token_there_is_no_admin() {
    let project = project();
    let server = project.server();
    let refused = ask(&server, Method::GET, "/admin/tenants", TOKEN).await;
    assert_eq!(refused.code(), "TENANT_REQUIRED");
    assert_eq!(get(&server, "acme", "/admin/tenants").await.text, "the tenant's own");
}

#[tokio::test]
async fn a_wrong_token_learns_nothing() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    for path in ["/admin/tenants", "/admin/tenants/acme", "/admin/nothing"] {
        let refused = ask(&server, Method::GET, path, "a-token-of-the-testz").await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "UNAUTHORIZED"));
        assert!(!refused.text.contains("acme"));
    }
}

#[tokio::test]
async fn tenants_are_listed_loaded_unloaded_and_their_log_is_read() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    let all = ask(&server, Method::GET, "/admin/tenants", TOKEN).await.json();
    let ids: Vec<&str> =
        all["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["acme", "globex"]);
    assert_eq!(all["data"][0]["services"], json!(["Mail"]));
    assert_eq!(all["data"][1]["active"], false);
    assert_eq!(all["data"][1]["error"]["code"], "TENANT_INACTIVE");

    assert_eq!(get(&server, "acme", "/").await.json(), json!({"ok": true}));
    let log = ask(&server, Method::GET, "/admin/tenants/acme/logs", TOKEN).await.json();
    let line = &log["data"][0];
    assert_eq!((&line["level"], &line["message"]), (&json!("info"), &json!("said")));
    assert_eq!(line["fields"]["n"], 1);
    assert_eq!(line["requestId"].as_str().unwrap().len(), 16);

    let unloaded = ask(&server, Method::POST, "/admin/tenants/acme/unload", TOKEN).await;
    assert_eq!(unloaded.json()["data"], json!({"unloaded": true}));
    let one = ask(&server, Method::GET, "/admin/tenants/acme", TOKEN).await.json();
    assert_eq!(one["data"]["loaded"], false);
    assert_eq!(get(&server, "acme", "/").await.status, 200, "its next request loads it");
    let loaded = ask(&server, Method::POST, "/admin/tenants/acme/reload", TOKEN).await.json();
    assert_eq!((&loaded["data"]["loaded"], &loaded["data"]["loads"]), (&json!(true), &json!(3)));
    let inactive = ask(&server, Method::POST, "/admin/tenants/globex/load", TOKEN).await;
    assert_eq!((inactive.status.as_u16(), inactive.code().as_str()), (409, "TENANT_INACTIVE"));
}

#[tokio::test]
async fn an_unknown_tenant_or_path_is_404_and_lists_nothing() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    for (method, path) in [
        (Method::GET, "/admin/tenants/initech"),
        (Method::POST, "/admin/tenants/initech/reload"),
        (Method::GET, "/admin/tenants/initech/logs"),
        (Method::GET, "/admin/other"),
    ] {
        let unknown = ask(&server, method, path, TOKEN).await;
        assert_eq!(unknown.status, 404, "{path}");
        assert!(!unknown.text.contains("acme"));
    }
    let unknown = get(&server, "initech", "/").await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "TENANT_NOT_FOUND"));
    assert!(!unknown.text.contains("acme"));
    let wrong = ask(&server, Method::DELETE, "/admin/tenants/acme", TOKEN).await;
    assert_eq!(wrong.status, 405);
}

#[tokio::test]
async fn figures_add_up() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    get(&server, "acme", "/").await;
    get(&server, "acme", "/nowhere").await;
    let stats = ask(&server, Method::GET, "/admin/stats", TOKEN).await.json();
    let stats: &Value = &stats["data"];
    assert_eq!(
        (&stats["total"], &stats["active"], &stats["inactive"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(stats["byType"], json!({"folder": 2}));
    assert_eq!((&stats["services"], &stats["isolates"]), (&json!(1), &json!(1)));
    assert_eq!((&stats["requests"], &stats["errors"]), (&json!(2), &json!(0)));
    assert!(stats["memory"].as_u64().unwrap() > 10_000);
    assert!(stats["cpuTime"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn statistics_are_metrics_too() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    assert_eq!(get(&server, "acme", "/").await.status, 200);
    let metrics = ask(&server, Method::GET, "/admin/metrics", TOKEN).await;
    assert_eq!(metrics.response.headers()["content-type"], "text/plain; version=0.0.4");
    for line in [
        "tenantry_tenants{state=\"active\"} 1",
        "tenantry_tenants{state=\"inactive\"} 1",
        "tenantry_tenants_by_type{type=\"folder\"} 2",
        "tenantry_services 1",
        "# TYPE tenantry_tenant_requests_total counter",
        "tenantry_tenant_requests_total{tenant=\"acme\"} 1",
        "tenantry_tenant_request_errors_total{tenant=\"acme\"} 0",
        "tenantry_tenant_isolates{tenant=\"acme\"} 1",
    ] {
        assert!(metrics.text.lines().any(|told| told == line), "{line}: {}", metrics.text);
    }
    assert_eq!(ask(&server, Method::GET, "/admin/metrics", "other").await.status, 401);
}

/// The ids of the tenants that are listed.
pub(crate) async fn listed(server: &MultiTenantServer) -> Vec<String> {
    let all = ask(server, Method::GET, "/admin/tenants", TOKEN).await.json();
    let all = all["data"].as_array().unwrap();
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn folders_that_come_and_go_are_on_the_list_and_off_it() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    assert_eq!(listed(&server).await, ["acme", "globex"]);

    project.write("tenants/hooli/config.json", "{}");
    let one = ask(&server, Method::GET, "/admin/tenants/hooli", TOKEN).await;
    assert_eq!((one.status.as_u16(), &one.json()["data"]["loaded"]), (200, &json!(false)));
    project.write("tenants/initech/config.json", "{}");
    assert_eq!(listed(&server).await, ["acme", "globex", "hooli", "initech"]);
    let stats = ask(&server, Method::GET, "/admin/stats", TOKEN).await.json();
    assert_eq!(stats["data"]["total"], 4);

    for gone in ["hooli", "globex"] {
        std::fs::remove_dir_all(project.path(&format!("tenants/{gone}"))).unwrap();
    }
    assert_eq!(listed(&server).await, ["acme", "initech"]);
    let one = ask(&server, Method::GET, "/admin/tenants/hooli", TOKEN).await;
    assert_eq!(one.status, 404);
}

#[tokio::test]
async fn a_tenant_whose_folder_is_gone_is_served_until_it_is_unloaded_and_unknown_then() {
    let project = project();
    let server = project.builder().set("admin.token", TOKEN).build().unwrap();
    assert_eq!(get(&server, "acme", "/").await.status, 200);
    std::fs::remove_dir_all(project.path("tenants/acme")).unwrap();
    assert_eq!(get(&server, "acme", "/").await.status, 200);
    assert_eq!(listed(&server).await, ["acme", "globex"]);

    let unloaded = ask(&server, Method::POST, "/admin/tenants/acme/unload", TOKEN).await;
    assert_eq!(unloaded.json()["data"], json!({"unloaded": true}));
    let unknown = get(&server, "acme", "/").await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "TENANT_NOT_FOUND"));
    assert_eq!(listed(&server).await, ["globex"]);

    let back = "export default async (fastify) => { fastify.get('/', async () => 'back') }";
    project.write("tenants/acme/routes/index.mjs", back);
    assert_eq!(get(&server, "acme", "/").await.text, "back");
}
