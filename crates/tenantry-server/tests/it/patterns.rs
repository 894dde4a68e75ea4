//! What of Fastify's own core `rest-api-patterns.md` uses, in TypeScript as it is written there.

use std::{fs, path::Path};

use bytes::Bytes;
use serde_json::{Value, json};
use tenantry_server::MultiTenantServer;

use crate::support::{Answer, Project, get, post, request};

/// The tenant's files, from `tests/patterns`.
fn project() -> Project {
    let project = Project::new(&[]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/patterns");
    copy(&root, &project.path("tenants"));
    project.write("tenants/acme/.env", "JWT_SECRET=of a test\n");
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

async fn send(server: &MultiTenantServer, method: &str, path: &str, token: &str) -> Answer {
    let request = request("acme", method, path).header("authorization", format!("Bearer {token}"));
    Answer::of(server.inject(request.body(Bytes::new()).unwrap()).await)
}

fn error(answer: &Answer) -> (u16, Value, Value) {
    let json = answer.json();
    assert_eq!(json["success"], false, "{answer:?}");
    (answer.status.as_u16(), json["error"]["code"].clone(), json["error"]["message"].clone())
}

#[tokio::test]
async fn the_patterns_run_as_they_are_written() {
    let project = project();
    let server = project.server();
    server.init_tenant("acme").await.unwrap_or_else(|error| panic!("{error}"));

    let health = get(&server, "acme", "/api/health").await;
    assert_eq!(health.json()["status"], "ok", "{health:?}");
    assert_eq!(health.response.headers()["x-api-version"], "1.0.0");

    let none = error(&get(&server, "acme", "/api/protected").await);
    assert_eq!(none, (401, json!("UNAUTHORIZED"), json!("No token provided")));
    let forged = error(&send(&server, "GET", "/api/protected", "a.b.c").await);
    assert_eq!(forged, (401, json!("UNAUTHORIZED"), json!("Invalid token")));
    let token = async |role: &str| {
        let login = get(&server, "acme", &format!("/api/login?role={role}")).await;
        login.json()["accessToken"].as_str().unwrap().to_owned()
    };
    let (admin, editor) = (token("admin").await, token("editor").await);
    let user = send(&server, "GET", "/api/protected", &admin).await;
    assert_eq!(user.json()["data"]["user"]["role"], "admin", "{user:?}");
    assert_eq!(send(&server, "DELETE", "/api/users/1", &admin).await.status, 204);
    let refused = error(&send(&server, "DELETE", "/api/users/1", &editor).await);
    assert_eq!(refused, (403, json!("FORBIDDEN"), json!("Insufficient permissions")));

    let list = get(&server, "acme", "/api/users").await;
    let expected = json!({"success": true, "data": [{"id": "1", "name": "Ada"}], "meta": {"page": 1, "limit": 10}});
    assert_eq!(list.json(), expected, "defaults, and no password");
    let wrong = error(&get(&server, "acme", "/api/users?page=x").await);
    assert_eq!((wrong.0, wrong.1), (400, json!("VALIDATION_ERROR")));

    let ann = json!({"email": "a@example.com", "password": "Password123!", "name": "Ann"});
    let made = post(&server, "acme", "/api/users", &ann).await;
    let data = json!({"id": "2", "email": "a@example.com", "name": "Ann"});
    assert_eq!((made.status.as_u16(), made.json()), (201, json!({"success": true, "data": data})));
    let weak = json!({"email": "a@example.com", "password": "password", "name": "Ann"});
    let weak = post(&server, "acme", "/api/users", &weak).await;
    assert_eq!((error(&weak).0, error(&weak).1), (400, json!("VALIDATION_ERROR")));
    assert!(weak.json()["error"]["details"].is_array(), "{weak:?}");
    let malformed = post(&server, "acme", "/api/contact", &json!({"email": "no"})).await;
    assert_eq!(error(&malformed).2, "Invalid email format");

    let missing = error(&get(&server, "acme", "/api/users/9").await);
    assert_eq!(missing, (404, json!("NOT_FOUND"), json!("User not found")));
    let sensible = error(&get(&server, "acme", "/api/users/9/posts").await);
    assert_eq!((sensible.0, sensible.2), (404, json!("No posts")));
    let broken = error(&get(&server, "acme", "/api/broken").await);
    assert_eq!((broken.0, broken.2), (500, json!("out of order")));
    let prisma = get(&server, "acme", "/api/prisma").await;
    assert_eq!(prisma.json(), json!({"connected": true}));
}
