use axum::body::Body;
use uuid::Uuid;

use crate::support::{Api, request};

#[tokio::test]
async fn malformed_json_is_refused() {
    let api = Api::start().await;
    let bodies =
        ["", "{", "{]", "name=x", "{\"name\":\"x\",}", "\u{0}", "{\"name\":\"\\ud800\"}", "[1,2"];
    for body in bodies {
        let answer = api.with_body("POST", "acme", "/projects", body.to_owned()).await;
        answer.is(400, "VALIDATION_ERROR");
    }
    for body in ["7", "\"x\"", "null", "true"] {
        let answer = api.with_body("POST", "acme", "/projects", body.to_owned()).await;
        answer.is(400, "VALIDATION_ERROR");
    }
    let deep = "[".repeat(100_000);
    api.with_body("POST", "acme", "/projects", deep).await.is(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused() {
    let api = Api::start().await;
    let request = request("POST", "acme", "/projects").header("content-type", "application/json");
    let body = Body::from(b"{\"name\":\"\xff\"}".to_vec());
    api.send(request.body(body).unwrap()).await.is(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn another_content_type_is_415() {
    let api = Api::start().await;
    let body = || Body::from(r#"{"name":"x"}"#);
    let untyped = request("POST", "acme", "/projects").body(body()).unwrap();
    api.send(untyped).await.is(415, "UNSUPPORTED_MEDIA_TYPE");
    let form = request("POST", "acme", "/projects").header("content-type", "text/plain");
    api.send(form.body(body()).unwrap()).await.is(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_large_body_is_413() {
    let api = Api::start().await;
    let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(3_000_000));
    api.with_body("POST", "acme", "/projects", body).await.is(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn a_malformed_uuid_is_400() {
    let api = Api::start().await;
    for id in ["7", "not-a-uuid", "%00", "..%2f", "00000000-0000-0000-0000-00000000000g", "%ff"] {
        let answer = api.get("acme", &format!("/projects/{id}")).await;
        answer.is(400, "VALIDATION_ERROR");
        let answer = api.get("acme", &format!("/projects/{id}/tasks")).await;
        answer.is(400, "VALIDATION_ERROR");
        let body = r#"{"completed":true}"#.to_owned();
        let answer = api.with_body("PATCH", "acme", &format!("/tasks/{id}"), body).await;
        answer.is(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_page_out_of_bounds_is_400() {
    let api = Api::start().await;
    let project = Uuid::new_v4();
    for path in ["/users", "/projects", "/tasks", &format!("/projects/{project}/tasks")] {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("offset=-1", "offset"),
            ("offset=1e3", "offset"),
            ("offset=99999999999999999999", "offset"),
        ] {
            let answer = api.get("acme", &format!("{path}?{query}")).await;
            assert_eq!(answer.is(400, "VALIDATION_ERROR").fields(), [field], "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_have_the_envelope() {
    let api = Api::start().await;
    api.get("acme", "/nothing").await.is(404, "NOT_FOUND");
    api.get("acme", "/projects/").await.is(404, "NOT_FOUND");
    let answer = api.with_body("DELETE", "acme", "/projects", String::new()).await;
    answer.is(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.headers["allow"], "GET,HEAD,POST");
    let answer = api.with_body("POST", "acme", "/health", String::new()).await;
    answer.is(405, "METHOD_NOT_ALLOWED");
}
