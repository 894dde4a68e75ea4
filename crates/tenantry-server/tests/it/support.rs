use std::{fs, path::PathBuf};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;
use tenantry_server::{MultiTenantServer, MultiTenantServerBuilder};

/// A folder with `tenants` and `plugins` in it.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(project.path("tenants")).unwrap();
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// One tenant, `acme`, with this as its routes.
    pub(crate) fn with_routes(routes: &str) -> Self {
        Self::new(&[("tenants/acme/routes/index.mjs", routes)])
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A server of this folder, on any port, of no configuration but a test's own.
    pub(crate) fn builder(&self) -> MultiTenantServerBuilder {
        MultiTenantServer::builder()
            .config(Config::builder())
            .set("server.port", 0)
            .tenants(self.path("tenants"))
            .plugins(self.path("plugins"))
    }

    pub(crate) fn server(&self) -> MultiTenantServer {
        self.builder().build().unwrap()
    }
}

/// A request for a tenant.
pub(crate) fn request(tenant: &str, method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("x-tenant-id", tenant)
}

pub(crate) async fn get(server: &MultiTenantServer, tenant: &str, path: &str) -> Answer {
    let request = request(tenant, "GET", path).body(Bytes::new()).unwrap();
    Answer::of(server.inject(request).await)
}

pub(crate) async fn post(
    server: &MultiTenantServer,
    tenant: &str,
    path: &str,
    body: &Value,
) -> Answer {
    let request = request(tenant, "POST", path).header("content-type", "application/json");
    Answer::of(server.inject(request.body(Bytes::from(body.to_string())).unwrap()).await)
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    pub(crate) response: Response<Bytes>,
}

impl Answer {
    pub(crate) fn of(response: Response<Bytes>) -> Self {
        let text = String::from_utf8_lossy(response.body()).into_owned();
        Self { status: response.status(), text, response }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of an error in the server's shape.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        assert_eq!(json["success"], false, "{self:?}");
        assert_eq!(json["error"]["statusCode"], self.status.as_u16(), "{self:?}");
        json["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// A database with these tenants, each with these tables.
pub(crate) async fn database(ids: &[&str], tables: &str) -> (TestDb, TenantManager) {
    let db = TestDb::create().await;
    let config = Config::builder().set("connection.url", db.url()).load().unwrap();
    let manager = TenantManager::connect(config).await.unwrap();
    let client = db.connect().await;
    for id in ids {
        let id = TenantId::parse(id).unwrap();
        manager.catalog().create(NewTenant::new(id.clone())).await.unwrap();
        let schema = manager.schema_name(&id).unwrap();
        let schema = quoted(schema.as_str());
        let sql = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {tables}");
        client.batch_execute(&sql).await.unwrap();
    }
    (db, manager)
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
