use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Api;

#[tokio::test]
async fn a_task_is_made_listed_and_changed() {
    let api = Api::start().await;
    let user = api.made("acme", "/users", json!({"email": "a@b.co", "name": "A"})).await;
    let project = api.made("acme", "/projects", json!({"name": "Website"})).await;
    let other = api.made("acme", "/projects", json!({"name": "Other"})).await;
    let path = format!("/projects/{project}/tasks");
    let body = json!({"title": "Design mockups", "priority": 1, "assigneeId": user});
    let made = api.post("acme", &path, body).await;
    assert_eq!(made.status, 201);
    let keys: Vec<_> = made.json.as_object().unwrap().keys().collect();
    let expected = ["assigneeId", "completed", "createdAt", "id", "priority", "projectId", "title"];
    assert_eq!(keys, expected);
    assert_eq!(made.json["projectId"], project.as_str());
    assert_eq!(made.json["assigneeId"], user.as_str());
    assert_eq!((&made.json["priority"], &made.json["completed"]), (&json!(1), &json!(false)));

    assert_eq!(api.get("acme", &path).await.json, json!([made.json]));
    assert_eq!(api.get("acme", "/tasks").await.json, json!([made.json]));
    assert_eq!(api.get("acme", &format!("/projects/{other}/tasks")).await.json, json!([]));

    let task = format!("/tasks/{}", made.json["id"].as_str().unwrap());
    let changed = api.patch("acme", &task, json!({"completed": true})).await;
    assert_eq!(changed.status, 200);
    assert_eq!((&changed.json["completed"], &changed.json["priority"]), (&json!(true), &json!(1)));
    let changed = api.patch("acme", &task, json!({"priority": -5})).await;
    assert_eq!((&changed.json["completed"], &changed.json["priority"]), (&json!(true), &json!(-5)));
    let changed = api.patch("acme", &task, json!({"completed": false, "priority": 0})).await;
    assert_eq!(changed.json, made.json.clone().with("priority", json!(0)));
}

trait With {
    fn with(self, key: &str, value: Value) -> Value;
}

impl With for Value {
    fn with(mut self, key: &str, value: Value) -> Value {
        self[key] = value;
        self
    }
}

#[tokio::test]
async fn a_task_has_defaults() {
    let api = Api::start().await;
    let project = api.made("acme", "/projects", json!({"name": "Website"})).await;
    let made = api.post("acme", &format!("/projects/{project}/tasks"), json!({"title": "x"})).await;
    assert_eq!(made.json["priority"], 0);
    assert_eq!(made.json["completed"], false);
    assert_eq!(made.json["assigneeId"], Value::Null);
}

#[tokio::test]
async fn tasks_of_an_unknown_project_are_404() {
    let api = Api::start().await;
    let elsewhere = api.made("globex", "/projects", json!({"name": "Website"})).await;
    for project in [elsewhere, Uuid::new_v4().to_string()] {
        let path = format!("/projects/{project}/tasks");
        for answer in
            [api.get("acme", &path).await, api.post("acme", &path, json!({"title": "x"})).await]
        {
            assert_eq!(answer.status, 404);
            assert_eq!(answer.json, json!({"error": "Project not found"}));
        }
    }
}

#[tokio::test]
async fn an_unknown_task_has_the_body_of_the_spec() {
    let api = Api::start().await;
    let path = format!("/tasks/{}", Uuid::new_v4());
    let answer = api.patch("acme", &path, json!({"completed": true})).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json, json!({"error": "Task not found"}));
}

#[tokio::test]
async fn an_assignee_has_to_be_a_user_of_this_tenant() {
    let api = Api::start().await;
    let project = api.made("acme", "/projects", json!({"name": "Website"})).await;
    let other = api.made("globex", "/users", json!({"email": "a@b.co", "name": "A"})).await;
    let path = format!("/projects/{project}/tasks");
    for assignee in [other, Uuid::new_v4().to_string()] {
        let body = json!({"title": "x", "assigneeId": assignee});
        let answer = api.post("acme", &path, body).await;
        answer.is(422, "UNPROCESSABLE_ENTITY");
        assert_eq!(answer.fields(), ["assigneeId"]);
    }
}

#[tokio::test]
async fn a_wrong_task_is_refused() {
    let api = Api::start().await;
    let project = api.made("acme", "/projects", json!({"name": "Website"})).await;
    let path = format!("/projects/{project}/tasks");
    let cases = [
        (json!({}), "title"),
        (json!({"title": ""}), "title"),
        (json!({"title": "x".repeat(256)}), "title"),
        (json!({"title": "a\u{0}"}), "title"),
        (json!({"title": "x", "priority": 2_147_483_648_u64}), "priority"),
        (json!({"title": "x", "priority": -2_147_483_649_i64}), "priority"),
        (json!({"title": "x", "priority": 1.5}), "priority"),
        (json!({"title": "x", "priority": "1"}), "priority"),
        (json!({"title": "x", "assigneeId": "me"}), "assigneeId"),
    ];
    for (body, field) in cases {
        let answer = api.post("acme", &path, body.clone()).await;
        answer.is(400, "VALIDATION_ERROR");
        assert_eq!(answer.fields(), [field], "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_change_has_to_change_something() {
    let api = Api::start().await;
    let project = api.made("acme", "/projects", json!({"name": "Website"})).await;
    let path = format!("/projects/{project}/tasks");
    let task = format!("/tasks/{}", api.made("acme", &path, json!({"title": "x"})).await);
    for body in [json!({}), json!({"title": "y"}), json!({"completed": null})] {
        let answer = api.patch("acme", &task, body).await;
        answer.is(400, "VALIDATION_ERROR");
        assert_eq!(answer.fields(), ["completed", "priority"]);
    }
    let answer = api.patch("acme", &task, json!({"priority": 1e12})).await;
    answer.is(400, "VALIDATION_ERROR");
    assert_eq!(answer.fields(), ["priority"]);
    let answer = api.patch("acme", &task, json!({"completed": "yes"})).await;
    assert_eq!(answer.is(400, "VALIDATION_ERROR").fields(), ["completed"]);
}
