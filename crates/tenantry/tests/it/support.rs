use tenantry::{Config, NewTenant, TenantId, TenantManager, config::ConfigLoader};
use tenantry_devdb::testing::TestDb;

/// A database of the test's own, and a manager on it.
pub(crate) struct World {
    pub(crate) tenants: TenantManager,
    pub(crate) db: TestDb,
}

impl World {
    /// With a budget of 5 connections.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config.set("connection.max_connections", 5)).await
    }

    pub(crate) async fn with(configure: impl FnOnce(ConfigLoader) -> ConfigLoader) -> Self {
        let db = TestDb::create().await;
        let config = configure(config(&db.url())).load().expect("a valid configuration");
        let tenants = TenantManager::connect(config).await.expect("a manager");
        Self { tenants, db }
    }

    /// A tenant with a table `whose(name)` that holds its id.
    pub(crate) async fn tenant(&self, id: &str) -> TenantId {
        let id = TenantId::parse(id).expect("a valid id");
        self.tenants.catalog().create(NewTenant::new(id.clone())).await.expect("a new tenant");
        let schema = self.tenants.schema_name(&id).expect("its schema").quoted();
        let sql = format!(
            "CREATE SCHEMA {schema}; CREATE TABLE {schema}.whose (id serial PRIMARY KEY, name text \
             NOT NULL UNIQUE); INSERT INTO {schema}.whose (name) VALUES ('{id}')"
        );
        self.tenants.shared().batch_execute(&sql).await.expect("its table");
        id
    }

    /// `count` tenants, `t0`, `t1`, …
    pub(crate) async fn tenants(&self, count: usize) -> Vec<TenantId> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(self.tenant(&format!("t{number}")).await);
        }
        ids
    }
}

/// A configuration for a database, of nothing else.
pub(crate) fn config(url: &str) -> ConfigLoader {
    Config::loader().without_file().env(false).set("connection.url", url)
}

/// Waits until `what` holds; panics after ten seconds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "it never came: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
