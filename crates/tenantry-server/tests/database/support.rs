//! Two tenants with the same tables, and JavaScript of the first.

use std::sync::Arc;

use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;
use tenantry_js::{
    BoxFuture, Data, Engine, EngineConfig, Host, HostError, Isolate, IsolateConfig, JsError,
    Script, TaskInfo,
};
use tenantry_server::database::{Database, DatabaseConfig, TaskData, TenantDatabase};

pub(crate) struct World {
    pub(crate) manager: TenantManager,
    pub(crate) database: Database,
    pub(crate) db: TestDb,
    engine: Engine,
}

const TABLES: &str = "\
    CREATE TYPE {schema}.mood AS ENUM ('calm', 'wild'); \
    CREATE TABLE {schema}.users (id bigserial PRIMARY KEY, tenant_id text, name text NOT NULL, email text UNIQUE, \
    age int, secret text DEFAULT 'secret of {id}', created_at timestamptz NOT NULL DEFAULT now()); \
    CREATE TABLE {schema}.posts (id serial PRIMARY KEY, user_id bigint REFERENCES {schema}.users ON DELETE CASCADE, title text); \
    CREATE FUNCTION {schema}.twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2'; \
    INSERT INTO {schema}.users (name, email, age) VALUES ('{id} one', 'one@{id}', 30), ('{id} two', 'two@{id}', 40)";

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(configure: impl FnOnce(&mut DatabaseConfig)) -> Self {
        let db = TestDb::create().await;
        let config = Config::loader()
            .without_file()
            .env(false)
            .set("connection.url", db.url())
            .set("connection.max_connections", 6)
            .load()
            .expect("a valid configuration");
        let manager = TenantManager::connect(config).await.expect("a manager");
        let mut config = DatabaseConfig::default();
        configure(&mut config);
        let database = Database::new(manager.clone(), config);
        let world = Self { manager, database, db, engine: Engine::new(EngineConfig::default()) };
        for id in ["acme", "beta"] {
            let id = TenantId::parse(id).expect("an id");
            world.manager.catalog().create(NewTenant::new(id.clone())).await.expect("a tenant");
            let schema = world.manager.schema_name(&id).expect("its schema").quoted();
            let tables = TABLES.replace("{schema}", &schema).replace("{id}", id.as_str());
            world.sql(&format!("CREATE SCHEMA {schema}; {tables}")).await;
        }
        world.sql("CREATE TABLE plans (id int PRIMARY KEY, name text); INSERT INTO plans VALUES (1, 'free'), (2, 'pro')").await;
        world
    }

    /// Runs SQL as whoever may do everything.
    pub(crate) async fn sql(&self, sql: &str) {
        self.db.connect().await.batch_execute(sql).await.expect("valid SQL");
    }

    /// The first column of the first row, as text.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let client = self.db.connect().await;
        client.query_one(sql, &[]).await.expect("valid SQL").get(0)
    }

    /// An isolate of acme's, whose `run` is this code.
    pub(crate) async fn isolate(&self, code: &str) -> Isolate {
        let script = format!(
            "import {{ db }} from \"prelude:database\";\nhost.register(\"run\", async (arg) => {{\n{code}\n}});"
        );
        let mut config = IsolateConfig::new("acme");
        config.prelude = vec![Database::prelude(), Script::new("test", script)];
        config.host = Arc::new(AcmesHost(self.acme()));
        self.engine.isolate(config).await.expect("an isolate")
    }

    /// The tenant whose code runs.
    pub(crate) fn acme(&self) -> TenantDatabase {
        self.database.tenant(&TenantId::parse("acme").expect("an id"))
    }

    /// What an isolate's `run` returns.
    pub(crate) async fn start(&self, isolate: &Isolate, arg: Data) -> Result<Data, JsError> {
        isolate.run("run", vec![arg], self.acme().task()).await
    }

    /// What this code of acme's returns.
    pub(crate) async fn run(&self, code: &str) -> Result<Data, JsError> {
        self.run_with(code, Data::Undefined).await
    }

    /// What this code returns, where `arg` is this.
    pub(crate) async fn run_with(&self, code: &str, arg: Data) -> Result<Data, JsError> {
        let isolate = self.isolate(code).await;
        self.start(&isolate, arg).await
    }

    /// What this code returns, as JSON.
    pub(crate) async fn json(&self, code: &str) -> String {
        let code = format!(
            "const value = await (async () => {{ {code} }})(); return JSON.stringify(value, (key, it) => typeof it === 'bigint' ? `${{it}}n` : it);"
        );
        match self.run(&code).await {
            Ok(Data::Text(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    /// The error that this code ends with: its code, then its message.
    pub(crate) async fn error(&self, code: &str) -> String {
        let code = format!(
            "try {{ {code} }} catch (error) {{ return `${{error.code}} ${{error.statusCode}}: ${{error.message}}`; }} return 'no error';"
        );
        match self.run(&code).await {
            Ok(Data::Text(text)) => text,
            other => panic!("{other:?}"),
        }
    }
}

/// What answers acme's isolates.
struct AcmesHost(TenantDatabase);

impl Host for AcmesHost {
    fn operation(
        &self,
        task: &TaskInfo,
        name: &str,
        args: Vec<Data>,
    ) -> BoxFuture<'static, Result<Data, HostError>> {
        let context = Arc::clone(&task.context);
        let data = context.downcast::<TaskData>().expect("every task is started with it");
        self.0.operation(&data, name, args).expect("an operation of the database's")
    }

    fn ended(&self, task: &TaskInfo) {
        let context = Arc::clone(&task.context);
        context.downcast::<TaskData>().expect("every task is started with it").end();
    }
}
