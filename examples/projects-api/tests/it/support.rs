use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
    response::Response,
};
use serde_json::Value;
use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;
use tower::{ServiceExt, util::BoxCloneSyncService};

const MIGRATION: &str = include_str!("../../migrations/tenant/0001_projects.sql");

/// The API on a database of the test's own, with the tenants `acme` and `globex`.
pub(crate) struct Api {
    pub(crate) tenants: TenantManager,
    _db: TestDb,
    router: BoxCloneSyncService<Request<Body>, Response, Infallible>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::on(TestDb::create().await).await
    }

    pub(crate) async fn on(db: TestDb) -> Self {
        let tenants = connect(&db.url()).await;
        for id in ["acme", "globex"] {
            create(&tenants, id).await;
        }
        let router = BoxCloneSyncService::new(projects_api::app(tenants.clone()));
        Self { tenants, _db: db, router }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status: parts.status, headers: parts.headers, json }
    }

    pub(crate) async fn get(&self, tenant: &str, path: &str) -> Answer {
        self.send(request("GET", tenant, path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, tenant: &str, path: &str, body: Value) -> Answer {
        self.with_body("POST", tenant, path, body.to_string()).await
    }

    pub(crate) async fn patch(&self, tenant: &str, path: &str, body: Value) -> Answer {
        self.with_body("PATCH", tenant, path, body.to_string()).await
    }

    pub(crate) async fn with_body(
        &self,
        method: &str,
        tenant: &str,
        path: &str,
        body: String,
    ) -> Answer {
        let request = request(method, tenant, path).header("content-type", "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// The id of what is made by a POST.
    pub(crate) async fn made(&self, tenant: &str, path: &str, body: Value) -> String {
        let answer = self.post(tenant, path, body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json["id"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    /// The fields that a 400 or a 422 names.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let details = self.json["error"]["details"].as_array();
        let fields = details.into_iter().flatten().map(|it| it["field"].as_str().unwrap());
        fields.collect()
    }

    /// Asserts that this is an error in the envelope.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) -> &Self {
        let error = &self.json["error"];
        assert_eq!((self.status.as_u16(), &error["code"]), (status, &code.into()), "{self:?}");
        assert_eq!(self.json["success"], false);
        assert_eq!(error["statusCode"], status);
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
        self
    }
}

pub(crate) fn request(method: &str, tenant: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("x-tenant-id", tenant)
}

pub(crate) async fn connect(url: &str) -> TenantManager {
    let config = Config::loader().without_file().env(false).set("connection.url", url);
    let config = config.set("connection.max_connections", 5);
    let config = config.set("connection.acquire_timeout", "2s");
    TenantManager::connect(config.load().unwrap()).await.unwrap()
}

/// A tenant with the API's tables.
pub(crate) async fn create(tenants: &TenantManager, id: &str) {
    let id = TenantId::parse(id).unwrap();
    tenants.catalog().create(NewTenant::new(id.clone())).await.unwrap();
    let schema = tenants.schema_name(&id).unwrap().quoted();
    tenants.shared().batch_execute(&format!("CREATE SCHEMA {schema}")).await.unwrap();
    tenants.session(&id).await.unwrap().batch_execute(MIGRATION).await.unwrap();
    tenants.evict(&id);
}
