use serde_json::json;
use tenantry_devdb::testing::TestDb;

use crate::support::Api;

#[tokio::test]
async fn a_user_is_made_and_listed() {
    let api = Api::start().await;
    let body = json!({"email": "alice@acme.com", "name": "Alice"});
    let made = api.post("acme", "/users", body).await;
    assert_eq!(made.status, 201);
    let user = &made.json;
    let keys: Vec<_> = user.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["active", "createdAt", "email", "id", "name"]);
    assert_eq!(user["email"], "alice@acme.com");
    assert_eq!(user["name"], "Alice");
    assert_eq!(user["active"], true);
    assert_eq!(user["id"].as_str().unwrap().len(), 36);

    let listed = api.get("acme", "/users").await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.json, json!([user]));
}

#[tokio::test]
async fn times_are_utc_as_javascript_writes_them_whatever_the_servers_time_zone() {
    let db = TestDb::create().await;
    let sql = format!("ALTER DATABASE \"{}\" SET timezone TO 'Asia/Tokyo'", db.name());
    db.connect().await.batch_execute(&sql).await.unwrap();
    let api = Api::on(db).await;
    let before = chrono::Utc::now();
    let made = api.post("acme", "/users", json!({"email": "a@b.co", "name": "A"})).await;
    let text = made.json["createdAt"].as_str().unwrap();
    let time: chrono::DateTime<chrono::Utc> = text.parse().unwrap();
    assert!((time - before).num_seconds().abs() < 60, "{text}");
    // 2024-01-15T10:30:00.000Z
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z");
}

#[tokio::test]
async fn an_email_is_taken_once_for_each_tenant() {
    let api = Api::start().await;
    let body = json!({"email": "alice@acme.com", "name": "Alice"});
    assert_eq!(api.post("acme", "/users", body.clone()).await.status, 201);
    let again = api.post("acme", "/users", body.clone()).await;
    again.is(409, "CONFLICT");
    assert_eq!(again.json["error"]["message"], "a user with this email exists already");
    assert_eq!(api.post("globex", "/users", body).await.status, 201);
}

#[tokio::test]
async fn a_wrong_user_is_refused_with_every_fault() {
    let api = Api::start().await;
    let long = "x".repeat(256);
    let long_email = format!("a@{}.com", "b".repeat(300));
    let cases = [
        (json!({}), vec!["email", "name"]),
        (json!({"email": "alice@acme.com"}), vec!["name"]),
        (json!({"name": "Alice"}), vec!["email"]),
        (json!({"email": "alice@acme.com", "name": ""}), vec!["name"]),
        (json!({"email": "alice@acme.com", "name": "  "}), vec!["name"]),
        (json!({"email": "alice@acme.com", "name": long}), vec!["name"]),
        (json!({"email": "alice@acme.com", "name": "a\u{0}b"}), vec!["name"]),
        (json!({"email": "alice@acme.com", "name": null}), vec!["name"]),
        (json!({"email": "alice@acme.com", "name": 7}), vec!["name"]),
        (json!({"email": "alice", "name": "Alice"}), vec!["email"]),
        (json!({"email": "alice@", "name": "Alice"}), vec!["email"]),
        (json!({"email": "@acme.com", "name": "Alice"}), vec!["email"]),
        (json!({"email": "a b@acme.com", "name": "Alice"}), vec!["email"]),
        (json!({"email": "a@b@c.com", "name": "Alice"}), vec!["email"]),
        (json!({"email": "a\u{0}@acme.com", "name": "Alice"}), vec!["email"]),
        (json!({"email": long_email, "name": "Alice"}), vec!["email", "email"]),
    ];
    for (body, fields) in cases {
        let answer = api.post("acme", "/users", body.clone()).await;
        answer.is(400, "VALIDATION_ERROR");
        let mut named = answer.fields();
        named.sort_unstable();
        assert_eq!(named, fields, "{body}: {answer:?}");
    }
    assert_eq!(api.get("acme", "/users").await.json, json!([]));
}

#[tokio::test]
async fn lengths_are_counted_in_characters() {
    let api = Api::start().await;
    let name = "é".repeat(255);
    let body = json!({"email": "alice@acme.com", "name": name});
    assert_eq!(api.post("acme", "/users", body).await.json["name"], name);
}
