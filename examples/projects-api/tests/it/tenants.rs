use axum::{
    body::Body,
    http::{HeaderValue, Request},
};
use serde_json::json;
use tenantry::{TenantId, TenantStatus};

use crate::support::{Api, request};

#[tokio::test]
async fn tenants_never_see_each_others_rows() {
    let api = Api::start().await;
    let mut projects = Vec::new();
    for tenant in ["acme", "globex"] {
        let email = format!("alice@{tenant}.com");
        api.made(tenant, "/users", json!({"email": email, "name": tenant})).await;
        let project = api.made(tenant, "/projects", json!({"name": tenant})).await;
        let path = format!("/projects/{project}/tasks");
        let task = api.made(tenant, &path, json!({"title": tenant})).await;
        projects.push((tenant, project, task));
    }
    for (index, (tenant, project, _)) in projects.iter().enumerate() {
        for (path, field) in [("/users", "name"), ("/projects", "name"), ("/tasks", "title")] {
            let listed = api.get(tenant, path).await.json;
            assert_eq!(listed.as_array().unwrap().len(), 1);
            assert_eq!(listed[0][field], *tenant);
        }
        assert_eq!(api.get(tenant, &format!("/projects/{project}")).await.status, 200);
        let (_, others_project, others_task) = &projects[1 - index];
        assert_eq!(api.get(tenant, &format!("/projects/{others_project}")).await.status, 404);
        let change = json!({"completed": true});
        assert_eq!(api.patch(tenant, &format!("/tasks/{others_task}"), change).await.status, 404);
    }
    for tenant in ["acme", "globex"] {
        assert_eq!(api.get(tenant, "/tasks").await.json[0]["completed"], false);
    }
}

#[tokio::test]
async fn rows_do_not_cross_under_load() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for tenant in ["acme", "globex"] {
        ids.push((tenant, api.made(tenant, "/projects", json!({"name": tenant})).await));
    }
    let work = (0..400).map(|number| {
        let (api, (tenant, id)) = (&api, &ids[number % 2]);
        async move { (*tenant, api.get(tenant, &format!("/projects/{id}")).await) }
    });
    for (tenant, answer) in futures_util::future::join_all(work).await {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json["name"], tenant);
    }
}

#[tokio::test]
async fn the_header_decides_and_a_wrong_one_is_refused() {
    let api = Api::start().await;
    let none = Request::get("/projects").body(Body::empty()).unwrap();
    api.send(none).await.is(400, "TENANT_REQUIRED");
    let long = "a".repeat(64);
    let longer = "a".repeat(50_000);
    let ids: [&[u8]; 12] = [
        b"",
        b"two words",
        b"Acme",
        b"a'b",
        b"a\"b",
        b"a,b",
        b"..",
        long.as_bytes(),
        "🦀".as_bytes(),
        b"acme%00",
        b"a -c search_path=b",
        longer.as_bytes(),
    ];
    for id in ids {
        let header = HeaderValue::from_bytes(id).unwrap();
        let wrong = Request::get("/projects").header("x-tenant-id", header);
        let answer = api.send(wrong.body(Body::empty()).unwrap()).await;
        answer.is(400, "TENANT_INVALID");
    }
    let twice = request("GET", "acme", "/projects").header("x-tenant-id", "globex");
    api.send(twice.body(Body::empty()).unwrap()).await.is(400, "TENANT_INVALID");
    api.get("nobody", "/projects").await.is(404, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn a_suspended_tenant_is_403_and_an_archived_one_410() {
    let api = Api::start().await;
    let acme = TenantId::parse("acme").unwrap();
    let catalog = api.tenants.catalog();
    catalog.set_status(&acme, TenantStatus::Suspended).await.unwrap();
    api.get("acme", "/projects").await.is(403, "TENANT_SUSPENDED");
    catalog.set_status(&acme, TenantStatus::Archived).await.unwrap();
    api.get("acme", "/projects").await.is(410, "TENANT_ARCHIVED");
    catalog.set_status(&acme, TenantStatus::Active).await.unwrap();
    assert_eq!(api.get("acme", "/projects").await.status, 200);
    assert_eq!(api.get("globex", "/projects").await.status, 200);
}

#[tokio::test]
async fn a_fault_of_the_database_shows_nothing_of_it() {
    let api = Api::start().await;
    let sql = "ALTER TABLE tenant_acme.projects RENAME COLUMN status TO state";
    api.tenants.shared().batch_execute(sql).await.unwrap();
    let answer = api.get("acme", "/projects").await;
    answer.is(500, "DATABASE_ERROR");
    let body = answer.json.to_string();
    for secret in ["column", "SELECT", "tenant_acme", "42703", "postgres"] {
        assert!(!body.contains(secret), "{body}");
    }
    assert_eq!(api.get("globex", "/projects").await.status, 200);
}

#[tokio::test]
async fn sample_data_is_given_once() {
    let api = Api::start().await;
    let mut db = api.tenants.db(&TenantId::parse("acme").unwrap()).unwrap();
    for _ in 0..2 {
        projects_api::sample_data(&mut db).await.unwrap();
        for (path, count) in [("/users", 2), ("/projects", 2), ("/tasks", 3)] {
            assert_eq!(api.get("acme", path).await.json.as_array().unwrap().len(), count);
        }
    }
    assert_eq!(api.get("globex", "/users").await.json, json!([]));
}
