use axum::{body::Body, http::Request};
use serde_json::json;
use tenantry_devdb::testing::TestServer;
use tower::ServiceExt;

use crate::support::{Api, connect, create};

fn plain(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn health_and_stats_need_no_tenant() {
    let api = Api::start().await;
    let health = api.send(plain("/health")).await;
    assert_eq!((health.status.as_u16(), health.json), (200, json!({"status": "ok", "pools": 0})));
    api.get("acme", "/projects").await;
    let health = api.send(plain("/health")).await;
    assert_eq!(health.json, json!({"status": "ok", "pools": 1}));
    let stats = api.send(plain("/admin/stats")).await;
    assert_eq!((stats.status.as_u16(), &stats.json["poolCount"]), (200, &json!(1)));
    let (connections, statements) = (&stats.json["connections"], &stats.json["statements"]);
    assert_eq!((&connections["waiting"], &connections["timeouts"]), (&json!(0), &json!(0)));
    assert!(connections["homeHits"].as_u64() > Some(0), "{connections}");
    assert_eq!(connections["closedBy"]["broken"], json!(0));
    assert!(statements["bindings"].as_u64() > Some(0), "{statements}");
    let time = stats.json["timestamp"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.len() == 24, "{time}");
}

#[tokio::test]
async fn while_the_database_is_away_answers_are_503_and_then_it_goes_on() {
    let server = TestServer::start().await.unwrap();
    server.db().create_database("api").await.unwrap();
    let tenants = connect(&server.url("api")).await;
    create(&tenants, "acme").await;
    let router = projects_api::app(tenants.clone());
    let status = async |path: &str| {
        let request = Request::get(path).header("x-tenant-id", "acme").body(Body::empty());
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        (response.status().as_u16(), response.headers().contains_key("retry-after"))
    };
    assert_eq!(status("/projects").await, (200, false));
    server.stop().await.unwrap();
    assert_eq!(status("/projects").await, (503, true));
    assert_eq!(status("/health").await, (503, true));
    assert_eq!(status("/admin/stats").await, (200, false));
    server.restart().await.unwrap();
    assert_eq!(status("/health").await, (200, false));
    assert_eq!(status("/projects").await, (200, false));
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let api = Api::start().await;
    let mut seen = std::collections::HashSet::new();
    for path in ["/health", "/projects", "/nothing", "/projects/x", "/users?limit=0"] {
        let id = api.get("acme", path).await.headers["x-request-id"].clone();
        assert!(seen.insert(id), "{path}");
    }
    let request = Request::get("/health").header("x-request-id", "mine-7");
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers["x-request-id"], "mine-7");
}
