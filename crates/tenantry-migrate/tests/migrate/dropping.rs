use tenantry::{Config, NewTenant, TenantManager, TenantStatus};
use tenantry_devdb::testing::TestServer;
use tenantry_migrate::Migrator;

use crate::support::{Project, USERS, id};

const LEFT: &str = "SELECT FROM pg_namespace WHERE nspname = 'tenant_acme'";

#[tokio::test]
async fn a_dropped_tenant_leaves_neither_schema_nor_row() {
    let project = Project::with(&[USERS]).await;
    let migrator = project.migrator().await;
    migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap();
    migrator.create_tenant(NewTenant::new(id("globex")), true).await.unwrap();
    let dropped = migrator.drop_tenant(&id("acme")).await.unwrap();
    assert_eq!(dropped.schema, "tenant_acme");
    assert!(project.client().await.query(LEFT, &[]).await.unwrap().is_empty());
    let left = migrator.list().await.unwrap();
    assert_eq!(left.iter().map(|tenant| tenant.id.as_str()).collect::<Vec<_>>(), ["globex"]);
    let error = migrator.drop_tenant(&id("acme")).await.unwrap_err();
    assert_eq!(error.code(), "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn a_drop_that_was_interrupted_can_be_repeated() {
    let project = Project::with(&[USERS]).await;
    let migrator = project.migrator().await;
    migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap();
    // Whoever reads the table lets nobody drop it.
    let client = project.client().await;
    client.batch_execute("BEGIN; SELECT FROM tenant_acme.users").await.unwrap();
    {
        let acme = id("acme");
        let dropping = migrator.drop_tenant(&acme);
        tokio::pin!(dropping);
        let blocked = async {
            let client = project.client().await;
            let sql = "SELECT FROM pg_locks WHERE NOT granted AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())";
            while client.query(sql, &[]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut dropping => panic!("the table was being read"),
            () = blocked => {}
        }
    }
    client.batch_execute("COMMIT").await.unwrap();
    let tenant = migrator.manager().catalog().get(&id("acme")).await.unwrap();
    assert_eq!(tenant.status, TenantStatus::Archived, "nobody works with half a tenant");
    migrator.drop_tenant(&id("acme")).await.unwrap();
    assert!(project.client().await.query(LEFT, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_tenant_without_its_schema_can_be_dropped() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    project.client().await.batch_execute("DROP SCHEMA tenant_acme").await.unwrap();
    project.migrator().await.drop_tenant(&id("acme")).await.unwrap();
}

#[tokio::test]
async fn a_schema_with_more_tables_than_postgresql_has_locks_is_dropped_in_parts() {
    let server = TestServer::start_with(|it| {
        it.max_connections(10).setting("max_locks_per_transaction", "10")
    })
    .await
    .unwrap();
    let url = server.url("postgres");
    let config = Config::builder().set("connection.url", url.as_str()).load().unwrap();
    let manager = TenantManager::builder(config).without_listener().connect().await.unwrap();
    let migrator = Migrator::new(manager);
    migrator.create_tenant(NewTenant::new(id("acme")), false).await.unwrap();
    let mut shared = migrator.manager().shared();
    for first in (0..1500).step_by(50) {
        let sql = format!(
            "DO $$ BEGIN FOR i IN {first}..{first} + 49 LOOP \
             EXECUTE format('CREATE TABLE tenant_acme.t%s (id serial PRIMARY KEY, t text)', i); \
             END LOOP; END $$"
        );
        shared.batch_execute(&sql).await.unwrap();
    }
    shared
        .batch_execute("CREATE VIEW tenant_acme.v AS SELECT * FROM tenant_acme.t1")
        .await
        .unwrap();
    let whole = shared.batch_execute("DROP SCHEMA tenant_acme CASCADE").await.unwrap_err();
    assert_eq!(whole.sqlstate(), Some("53200"), "the test needs a server with too few locks");
    migrator.drop_tenant(&id("acme")).await.unwrap();
    assert!(shared.query(LEFT, &[]).await.unwrap().is_empty());
}
