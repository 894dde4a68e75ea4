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

/// What tells ledgers apart: a digest that takes two different ones for equal would hide a failure.
#[tokio::test]
async fn ledgers_that_differ_in_anything_that_counts_are_not_taken_for_equal() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    project.enrol(&ids).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let sql = "UPDATE tenant_b.tenantry_migrations SET checksum = 'x' WHERE number = 1; \
               UPDATE tenant_c.tenantry_migrations SET checksum = 'x' WHERE number = 2; \
               DELETE FROM tenant_d.tenantry_migrations WHERE number = 1; \
               DELETE FROM tenant_e.tenantry_migrations; \
               DROP TABLE tenant_f.tenantry_migrations; \
               UPDATE tenant_g.tenantry_migrations SET duration_ms = NULL WHERE number = 2; \
               UPDATE tenant_h.tenantry_migrations SET number = 3 WHERE number = 2;";
    project.client().await.batch_execute(sql).await.unwrap();
    let status = migrator.status().await.unwrap();
    let told: Vec<_> = status
        .tenants
        .iter()
        .map(|it| (it.id.as_str(), it.applied, it.pending, it.error.as_ref().map(|it| it.code)))
        .collect();
    assert_eq!(
        told,
        [
            ("a", 2, 0, None),
            ("b", 2, 0, Some("CHECKSUM_CHANGED")),
            ("c", 2, 0, Some("CHECKSUM_CHANGED")),
            ("d", 1, 0, Some("OUT_OF_ORDER")),
            ("e", 0, 2, None),
            ("f", 0, 2, None),
            ("g", 2, 0, Some("MIGRATION_UNFINISHED")),
            ("h", 2, 0, Some("OUT_OF_ORDER")),
        ]
    );
    let files: Vec<_> = status.tenants[1..3]
        .iter()
        .map(|it| it.error.as_ref().unwrap().file.as_deref().unwrap())
        .collect();
    assert_eq!(files, ["0001_users.sql", "0002_projects.sql"]);
    assert_eq!((status.summary.ok, status.summary.behind, status.summary.failed), (1, 2, 5));
}

#[tokio::test]
async fn a_ledger_that_does_not_answer_leaves_the_others_as_they_are() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["a", "b", "c"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let sql = "ALTER TABLE tenant_b.tenantry_migrations RENAME COLUMN checksum TO other";
    project.client().await.batch_execute(sql).await.unwrap();
    let status = migrator.status().await.unwrap();
    let statuses: Vec<_> = status.tenants.iter().map(|tenant| tenant.status).collect();
    assert_eq!(statuses, [SchemaStatus::Ok, SchemaStatus::Failed, SchemaStatus::Ok]);
    let error = status.tenants[1].error.as_ref().unwrap();
    assert_eq!(error.code, "LEDGER_UNREADABLE");
    assert!(error.message.contains("tenant_b"), "{error}");
}

/// A tenant's schema may be its own: what is in it ends nobody else's run.
#[tokio::test]
async fn ledgers_of_other_types_views_and_rows_with_holes_end_nothing() {
    let project = Project::with(&[USERS]).await;
    let ids = ["fine", "holes", "numeric", "old", "text", "view"];
    project.enrol(&ids).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let sql = "ALTER TABLE tenant_numeric.tenantry_migrations ALTER number TYPE numeric, \
                 ALTER name TYPE text, ALTER done TYPE bigint; \
               ALTER TABLE tenant_old.tenantry_migrations DROP COLUMN done; \
               ALTER TABLE tenant_text.tenantry_migrations ALTER number TYPE text USING 'one'; \
               ALTER TABLE tenant_view.tenantry_migrations RENAME TO kept; \
               CREATE VIEW tenant_view.tenantry_migrations AS SELECT * FROM tenant_view.kept; \
               ALTER TABLE tenant_holes.tenantry_migrations ALTER checksum DROP NOT NULL; \
               UPDATE tenant_holes.tenantry_migrations SET checksum = NULL";
    project.client().await.batch_execute(sql).await.unwrap();
    let status = migrator.status().await.unwrap();
    let told: Vec<_> = status
        .tenants
        .iter()
        .map(|it| (it.id.as_str(), it.applied, it.error.as_ref().map(|error| error.code)))
        .collect();
    let unreadable = Some("LEDGER_UNREADABLE");
    assert_eq!(
        told,
        [
            ("fine", 1, None),
            ("holes", 0, unreadable),
            ("numeric", 1, None),
            ("old", 1, None),
            ("text", 0, unreadable),
            ("view", 1, None),
        ]
    );
    let report = migrate_all(&migrator).await;
    let failed = report.tenants.iter().filter(|it| it.error.is_some()).map(|it| it.id.as_str());
    assert_eq!(failed.collect::<Vec<_>>(), ["holes", "text"]);
}
