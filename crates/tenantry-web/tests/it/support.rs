use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use serde_json::Value;
use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;
use tenantry_web::{Identify, TenantLayer};
use tower::{Service, ServiceExt};

/// A database of the test's own with two tenants, `acme` (of `acme.test`) and `globex`.
pub(crate) struct World {
    pub(crate) tenants: TenantManager,
    db: TestDb,
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = TestDb::create().await;
        let tenants = connect(&db.url()).await;
        create(&tenants, NewTenant::new(id("acme")).domain("acme.test")).await;
        create(&tenants, NewTenant::new(id("globex"))).await;
        Self { tenants, db }
    }

    pub(crate) fn url(&self) -> String {
        self.db.url()
    }

    /// Routes that answer with the tenant's id, at any path.
    pub(crate) fn whose(&self, identify: impl Identify) -> Router {
        let whose = get(async |tenant: TenantId| tenant.to_string());
        let layer = TenantLayer::new(self.tenants.clone(), identify);
        Router::new()
            .route("/{*path}", whose.clone())
            .route("/", whose.clone())
            .route("/of/{tenant}/things/{id}", whose)
            .layer(layer)
    }
}

pub(crate) fn id(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

pub(crate) async fn connect(url: &str) -> TenantManager {
    let config = Config::loader().without_file().env(false).set("connection.url", url);
    let config = config.set("connection.acquire_timeout", "500ms");
    let config = config.set("connection.max_connections", 3).load().unwrap();
    TenantManager::connect(config).await.unwrap()
}

/// A tenant with a table `whose (name)` that holds its id.
pub(crate) async fn create(tenants: &TenantManager, new: NewTenant) {
    let tenant = tenants.catalog().create(new).await.unwrap();
    let schema = tenant.placement.schema.quoted();
    let sql = format!(
        "CREATE SCHEMA {schema}; CREATE TABLE {schema}.whose (name text); \
         INSERT INTO {schema}.whose VALUES ('{}')",
        tenant.id
    );
    tenants.shared().batch_execute(&sql).await.unwrap();
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts that this is a success with this body.
    #[track_caller]
    pub(crate) fn says(&self, body: &str) {
        assert_eq!((self.status.as_u16(), self.body.as_str()), (200, body));
    }

    /// Asserts that this is an error in the envelope.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        let json = self.json();
        assert_eq!(json["success"], false);
        assert_eq!(json["error"]["code"], code);
        assert_eq!(json["error"]["statusCode"], status);
        assert!(json["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(self.headers.contains_key("retry-after"), status == 503);
    }
}

pub(crate) async fn send<S>(service: &S, request: Request) -> Answer
where
    S: Service<Request, Response = Response, Error = std::convert::Infallible> + Clone,
{
    let Ok(response) = service.clone().oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A GET with headers.
pub(crate) fn request(uri: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, value.as_bytes());
    }
    request.body(Body::empty()).unwrap()
}
