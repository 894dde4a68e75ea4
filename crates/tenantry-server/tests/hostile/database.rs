//! The database through the whole server: SQL that leaves the tenant's schema, or holds what others
//! need. What `db` refuses, statement by statement, is in `tests/database/hostile.rs`.

use tenantry::{Config, NewTenant, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;

use crate::world::{World, handler};

struct Data {
    /// Dropped with it.
    _db: TestDb,
    manager: TenantManager,
}

impl Data {
    /// Two tenants with a table each.
    async fn new() -> Self {
        let db = TestDb::create().await;
        let config = Config::builder()
            .set("connection.url", db.url())
            .set("connection.max_connections", 6)
            .load()
            .unwrap();
        let manager = TenantManager::connect(config).await.unwrap();
        let data = Self { _db: db, manager };
        for id in ["good", "evil"] {
            let tenant = TenantId::parse(id).unwrap();
            data.manager.catalog().create(NewTenant::new(tenant.clone())).await.unwrap();
            let schema = data.manager.schema_name(&tenant).unwrap().quoted();
            data.sql(&format!(
                "CREATE SCHEMA {schema}; CREATE TABLE {schema}.users (id bigserial PRIMARY KEY, name text); \
                 INSERT INTO {schema}.users (name) VALUES ('{id}-row-one'), ('{id}-row-two')"
            ))
            .await;
        }
        data
    }

    async fn sql(&self, sql: &str) {
        self.manager.shared_session().await.unwrap().batch_execute(sql).await.unwrap();
    }

    async fn world(&self, code: &str) -> World {
        let manager = self.manager.clone();
        World::with(
            &[("routes/index.mjs", &handler(code))],
            |_| (),
            |builder| builder.manager(manager).set("limits.query_time", "500ms"),
        )
        .await
    }

    /// That the good tenant's rows are what they were, and its own to read.
    async fn is_whole(&self) {
        let mut good = self.manager.db(&TenantId::parse("good").unwrap()).unwrap();
        let rows = good.query("SELECT name FROM users ORDER BY id", &[]).await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(names, ["good-row-one", "good-row-two"]);
    }
}

#[tokio::test]
async fn no_statement_and_no_table_leads_to_another_tenants_rows() {
    let data = Data::new().await;
    let mut world = data
        .world(
            r#"const { db } = fastify;
    const own = await db.users.findMany();
    if (own.length !== 2 || !own.every((row) => row.name.startsWith("evil"))) got.push("its own rows");
    for (const sql of [
      "SELECT * FROM tenant_good.users", 'SELECT * FROM "tenant_good"."users"', "SELECT * FROM users; SELECT * FROM tenant_good.users",
      "SET search_path = tenant_good", "SELECT set_config('search_path', 'tenant_good', false)", "DELETE FROM tenant_good.users RETURNING *",
      "WITH x AS (SELECT * FROM tenant_good.users) SELECT * FROM x", "SELECT query_to_xml('SELECT * FROM tenant_good.users', true, true, '')",
      "SELECT * FROM pg_catalog.pg_authid", "SELECT * FROM pg_stat_activity", "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')",
      "COPY users TO PROGRAM 'cat /etc/passwd'", "CREATE EXTENSION dblink", "DO $$ BEGIN PERFORM 1; END $$", "SELECT pg_terminate_backend(pg_backend_pid())",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT current_setting('data_directory')", "SELECT table_schema FROM information_schema.tables",
    ]) {
      await attempt(sql, () => db.query(sql).then((rows) => JSON.stringify(rows)));
      await attempt(`tx ${sql}`, () => db.transaction((tx) => tx.query(sql)).then((rows) => JSON.stringify(rows)));
    }
    for (const name of ["tenant_good.users", '"tenant_good"."users"', "users; DROP TABLE users", "../good/users", "pg_class", "tenantry.tenants", "__proto__"]) {
      await attempt(name, () => db[name]?.findMany?.().then((rows) => JSON.stringify(rows)));
      await attempt(`table ${name}`, () => db.table?.(name).findMany().then((rows) => JSON.stringify(rows)));
      await attempt(`shared ${name}`, () => db.shared[name]?.findMany?.().then((rows) => JSON.stringify(rows)));
    }
    for (const options of [
      { where: { "name = '' OR true --": 1 } }, { orderBy: { "id; DELETE FROM users": "asc" } }, { orderBy: "id; DELETE FROM users" },
      { select: { "(SELECT name FROM tenant_good.users LIMIT 1)": true } }, { where: { id: { raw: "1 OR true" } } }, { take: "1; DELETE FROM users" },
      { where: { name: { __proto__: null, "= '' OR 1=1 --": 1 } } },
    ]) {
      await attempt(JSON.stringify(options), () => db.users.findMany(options).then((rows) => JSON.stringify(rows)));
    }
    if ((await db.users.count()) !== 2) got.push("its own rows are gone");"#,
        )
        .await;
    World::nothing(&world.get("/").await);
    data.is_whole().await;
    world.was_refused().await;
    world.finish().await;
}

#[tokio::test]
async fn a_flood_of_slow_statements_is_ended_and_holds_nobody_up() {
    let data = Data::new().await;
    let mut world = data
        .world(
            r#"const slow = "SELECT count(*) FROM generate_series(1, 1000000000)";
    const all = await Promise.allSettled(Array.from({ length: 200 }, () => fastify.db.query(slow)));
    const done = all.filter((one) => one.status === "fulfilled");
    if (done.length > 0) got.push(`${done.length} done`);"#,
        )
        .await;
    let client = world.client;
    let asked = (0..5).map(|_| client.send("GET", "/", &[("x-tenant-id", "evil")], ""));
    let evil = async { futures_util::future::join_all(asked.collect::<Vec<_>>()).await };
    let answers = tokio::join!(evil, data.is_whole()).0;
    for answer in &answers {
        world.count(answer);
        assert!(
            answer.status >= 500 || answer.json()["got"] == serde_json::json!([]),
            "{answer:?}"
        );
    }
    data.is_whole().await;
    world.finish().await;
}

#[tokio::test]
async fn a_transaction_that_is_never_ended_is_rolled_back_with_its_request() {
    let data = Data::new().await;
    let mut world = data
        .world(
            r#"if (request.query.fine) {
      await fastify.db.users.create({ name: "fine" });
      if ((await fastify.db.users.count()) !== 3) got.push("what was not committed");
      return { got };
    }
    await fastify.db.transaction(async (tx) => {
      await tx.query("DELETE FROM users");
      await new Promise(() => {});
    });"#,
        )
        .await;
    let client = world.client;
    let asked = (0..4).map(|_| client.send("GET", "/", &[("x-tenant-id", "evil")], ""));
    for answer in futures_util::future::join_all(asked.collect::<Vec<_>>()).await {
        assert!(answer.status >= 500, "{answer:?}");
        world.count(&answer);
    }
    World::nothing(&world.get("/?fine=1").await);
    data.is_whole().await;
    world.finish().await;
}

#[tokio::test]
async fn unloading_in_the_middle_of_a_query_ends_it() {
    let data = Data::new().await;
    let mut world = data
        .world(
            r#"if (request.query.fine) return { got };
    await fastify.db.transaction(async (tx) => {
      await tx.query("DELETE FROM users");
      await tx.query("SELECT count(*) FROM generate_series(1, 1000000000)");
    });"#,
        )
        .await;
    let client = world.client;
    let querying =
        tokio::spawn(async move { client.send("GET", "/", &[("x-tenant-id", "evil")], "").await });
    while world.stats().open == 0 {
        tokio::task::yield_now().await;
    }
    assert!(world.server.unload_tenant("evil").await.unwrap());
    let answer = querying.await.unwrap();
    assert!(answer.status >= 500, "{answer:?}");
    world.count(&answer);
    World::nothing(&world.get("/?fine=1").await);
    let mut evil = data.manager.db(&TenantId::parse("evil").unwrap()).unwrap();
    let rows: i64 = evil.query_one("SELECT count(*) FROM users", &[]).await.unwrap().get(0);
    assert_eq!(rows, 2, "rolled back");
    data.is_whole().await;
    world.finish().await;
}

#[tokio::test]
async fn what_is_kept_of_a_transaction_is_worth_nothing_later() {
    let data = Data::new().await;
    let mut world = data
        .world(
            r#"const old = globalThis.kept;
    if (old) {
      await attempt("query", () => old.query("SELECT name FROM users").then((rows) => JSON.stringify(rows)));
      await attempt("table", () => old.users.findMany().then((rows) => JSON.stringify(rows)));
    }
    await fastify.db.transaction(async (tx) => { globalThis.kept = tx; await tx.users.count(); });
    await attempt("at once", () => globalThis.kept.users.findMany().then((rows) => JSON.stringify(rows)));"#,
        )
        .await;
    for _ in 0..3 {
        World::nothing(&world.get("/").await);
    }
    data.is_whole().await;
    world.finish().await;
}
