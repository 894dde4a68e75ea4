use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Api;

#[tokio::test]
async fn a_project_is_made_shown_and_listed() {
    let api = Api::start().await;
    let owner = api.made("acme", "/users", json!({"email": "a@b.co", "name": "A"})).await;
    let body = json!({"name": "Website Redesign", "description": "Q1 project", "ownerId": owner});
    let made = api.post("acme", "/projects", body).await;
    assert_eq!(made.status, 201);
    let project = &made.json;
    let keys: Vec<_> = project.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["createdAt", "description", "id", "name", "ownerId", "status"]);
    assert_eq!(project["name"], "Website Redesign");
    assert_eq!(project["description"], "Q1 project");
    assert_eq!(project["ownerId"], owner.as_str());
    assert_eq!(project["status"], "active");

    let path = format!("/projects/{}", project["id"].as_str().unwrap());
    let shown = api.get("acme", &path).await;
    assert_eq!((shown.status.as_u16(), &shown.json), (200, project));
    assert_eq!(api.get("acme", "/projects").await.json, json!([project]));
}

#[tokio::test]
async fn a_project_needs_no_more_than_a_name() {
    let api = Api::start().await;
    for body in [json!({"name": "x"}), json!({"name": "x", "description": null, "ownerId": null})] {
        let made = api.post("acme", "/projects", body).await;
        assert_eq!(made.status, 201);
        assert_eq!(made.json["description"], Value::Null);
        assert_eq!(made.json["ownerId"], Value::Null);
    }
    let body = json!({"name": "x", "description": ""});
    assert_eq!(api.post("acme", "/projects", body).await.json["description"], "");
}

#[tokio::test]
async fn an_unknown_project_has_the_body_of_the_spec() {
    let api = Api::start().await;
    let answer = api.get("acme", &format!("/projects/{}", Uuid::new_v4())).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json, json!({"error": "Project not found"}));
}

#[tokio::test]
async fn an_owner_has_to_be_a_user_of_this_tenant() {
    let api = Api::start().await;
    let other = api.made("globex", "/users", json!({"email": "a@b.co", "name": "A"})).await;
    for owner in [other, Uuid::new_v4().to_string()] {
        let answer = api.post("acme", "/projects", json!({"name": "x", "ownerId": owner})).await;
        answer.is(422, "UNPROCESSABLE_ENTITY");
        assert_eq!(answer.fields(), ["ownerId"]);
    }
    assert_eq!(api.get("acme", "/projects").await.json, json!([]));
}

#[tokio::test]
async fn a_wrong_project_is_refused() {
    let api = Api::start().await;
    let cases = [
        (json!({}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(256)}), "name"),
        (json!({"name": "x", "description": "x".repeat(1001)}), "description"),
        (json!({"name": "x", "description": "\u{0}"}), "description"),
        (json!({"name": "x", "description": 7}), "description"),
        (json!({"name": "x", "ownerId": "7"}), "ownerId"),
        (json!({"name": "x", "ownerId": 7}), "ownerId"),
    ];
    for (body, field) in cases {
        let answer = api.post("acme", "/projects", body.clone()).await;
        answer.is(400, "VALIDATION_ERROR");
        assert!(answer.fields()[0].starts_with(field), "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_list_has_pages_in_the_order_of_creation() {
    let api = Api::start().await;
    for number in 0..7 {
        api.made("acme", "/projects", json!({"name": format!("p{number}")})).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let answer = api.get("acme", &format!("/projects{query}")).await;
        let projects = answer.json.as_array().unwrap().clone();
        projects.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]);
    assert_eq!(names("?limit=2").await, ["p0", "p1"]);
    assert_eq!(names("?limit=2&offset=3").await, ["p3", "p4"]);
    assert_eq!(names("?offset=6").await, ["p6"]);
    assert!(names("?limit=1000&offset=4294967295").await.is_empty());
}
