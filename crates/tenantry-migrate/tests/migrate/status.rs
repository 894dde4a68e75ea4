use tenantry_migrate::{PendingMigration, SchemaStatus};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all};

#[tokio::test]
async fn status_tells_each_tenants_and_what_is_pending_newest_first() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["behind", "gone", "ok", "wrong"]).await;
    migrate_all(&project.migrator().await).await;
    project.tenant_file(PROJECTS.0, PROJECTS.1);
    project.enrol(&["new"]).await;
    let migrator = project.migrator().await;
    migrator.migrate(&[id("ok")], &tenantry_migrate::MigrateOptions::new()).await.unwrap();
    let sql = "DROP SCHEMA tenant_gone CASCADE; \
               UPDATE tenant_wrong.tenantry_migrations SET checksum = 'another'";
    project.client().await.batch_execute(sql).await.unwrap();

    let status = migrator.status().await.unwrap();
    let tenants: Vec<_> = status
        .tenants
        .iter()
        .map(|tenant| (tenant.id.as_str(), tenant.applied, tenant.pending, tenant.status))
        .collect();
    assert_eq!(
        tenants,
        [
            ("behind", 1, 1, SchemaStatus::Behind),
            ("gone", 0, 0, SchemaStatus::Missing),
            ("new", 0, 2, SchemaStatus::Behind),
            ("ok", 2, 0, SchemaStatus::Ok),
            ("wrong", 1, 0, SchemaStatus::Failed),
        ]
    );
    let pending: Vec<_> = status
        .pending_migrations
        .iter()
        .map(|PendingMigration { name, tenants, .. }| (name.as_str(), *tenants))
        .collect();
    assert_eq!(pending, [("0002_projects.sql", 2), ("0001_users.sql", 1)]);
    assert_eq!(status.shared.status, SchemaStatus::Ok);
    assert!(!status.is_ok());
}

#[tokio::test]
async fn ledgers_are_read_in_chunks_when_there_are_many() {
    let project = Project::with(&[USERS]).await;
    let ids: Vec<String> = (0..430).map(|number| format!("t{number:03}")).collect();
    let mut sql = String::new();
    for id in &ids {
        sql.push_str(&format!("CREATE SCHEMA tenant_{id};"));
    }
    sql.push_str(
        "INSERT INTO tenantry.tenants (id, schema) \
         SELECT 't' || to_char(n, 'FM000'), 'tenant_t' || to_char(n, 'FM000') \
         FROM generate_series(0, 429) n",
    );
    let migrator = project.migrator().await;
    project.client().await.batch_execute(&sql).await.unwrap();
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.total, report.succeeded), (430, 430), "{:?}", report.failures().next());
    let status = migrator.status().await.unwrap();
    assert_eq!(status.tenants.len(), 430);
    assert!(status.tenants.iter().all(|tenant| tenant.applied == 1));
    assert!(status.is_ok());
}

#[tokio::test]
async fn a_read_only_manager_sees_no_tenants_in_an_empty_database_and_leaves_it_empty() {
    let project = Project::with(&[USERS]).await;
    let config = project.config().load().unwrap();
    let manager = tenantry::TenantManager::builder(config).read_only().without_listener();
    let migrator = tenantry_migrate::Migrator::new(manager.connect().await.unwrap());
    assert!(migrator.status().await.unwrap().tenants.is_empty());
    assert!(migrator.list().await.unwrap().is_empty());
    let error = migrator.show(&id("acme")).await.unwrap_err();
    assert_eq!(error.code(), "TENANT_NOT_FOUND");
    let schemas = "SELECT FROM pg_namespace WHERE nspname = 'tenantry'";
    assert!(project.client().await.query(schemas, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn show_tells_one_tenants_standing() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    let details = project.migrator().await.show(&id("acme")).await.unwrap();
    assert_eq!(details.tenant.id, "acme");
    assert_eq!(details.migrations.status, SchemaStatus::Behind);
    assert_eq!(details.pending, ["0001_users.sql"]);
}
