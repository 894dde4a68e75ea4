use tenantry::NewTenant;
use tenantry_migrate::{Atomic, MigrateOptions};

use crate::support::{Project, USERS, id, migrate_all, report_of};

const INDEX: (&str, &str) = (
    "0002_index.sql",
    "-- tenantry: no-transaction\n\
     ALTER TABLE users ADD COLUMN email text;\n\
     CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);\n\
     ALTER TABLE users ADD COLUMN phone text;\n",
);

const INVALID: &str = "SELECT FROM pg_index WHERE NOT indisvalid";

#[tokio::test]
async fn a_file_without_a_transaction_is_applied_and_recorded() {
    let project = Project::with(&[USERS, INDEX]).await;
    project.enrol(&["acme", "globex"]).await;
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!(report.succeeded, 2, "{report:?}");
    let sql = "SELECT duration_ms IS NOT NULL, done FROM tenant_acme.tenantry_migrations \
               ORDER BY number";
    let rows = project.client().await.query(sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((row.get::<_, bool>(0), row.get::<_, Option<i32>>(1)), (true, None));
    }
    assert_eq!(migrate_all(&project.migrator().await).await.skipped, 2);
}

#[tokio::test]
async fn one_that_fails_goes_on_where_it_was_and_leaves_no_invalid_index() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    migrate_all(&project.migrator().await).await;
    let client = project.client().await;
    client
        .batch_execute("INSERT INTO tenant_acme.users VALUES (1, 'one'), (2, 'one')")
        .await
        .unwrap();
    let unique = "-- tenantry: no-transaction\n\
                  ALTER TABLE users ADD COLUMN email text;\n\
                  CREATE UNIQUE INDEX CONCURRENTLY ON users (name);\n";
    project.tenant_file("0002_index.sql", unique);
    let report = migrate_all(&project.migrator().await).await;
    let error = report_of(&report, "acme").error.clone().unwrap();
    assert_eq!((error.sqlstate.as_deref(), error.line), (Some("23505"), Some(3)));
    assert!(error.hint.unwrap().starts_with("its first statement is done"));
    assert!(client.query(INVALID, &[]).await.unwrap().is_empty(), "it was dropped");

    client.batch_execute("DELETE FROM tenant_acme.users WHERE id = 2").await.unwrap();
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!(report.succeeded, 1, "{report:?}");
    let indexes = "SELECT indexname::text FROM pg_indexes WHERE tablename = 'users' ORDER BY 1";
    let rows = client.query(indexes, &[]).await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["users_name_idx", "users_pkey"]);
}

/// As if the runner had been killed after each of the file's steps.
#[tokio::test]
async fn one_that_was_interrupted_anywhere_goes_on() {
    // What was done, and what was counted.
    let cases = [
        ("", 0),
        ("ALTER TABLE users ADD COLUMN email text", 1),
        (
            "ALTER TABLE users ADD COLUMN email text; \
             CREATE UNIQUE INDEX users_email ON users (email)",
            1,
        ),
        (
            "ALTER TABLE users ADD COLUMN email text; \
             CREATE UNIQUE INDEX users_email ON users (email); \
             UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email'::regclass",
            1,
        ),
        (
            "ALTER TABLE users ADD COLUMN email text; \
             CREATE UNIQUE INDEX users_email ON users (email)",
            2,
        ),
        (
            "ALTER TABLE users ADD COLUMN email text; \
             CREATE UNIQUE INDEX users_email ON users (email); \
             ALTER TABLE users ADD COLUMN phone text",
            3,
        ),
    ];
    for (done, count) in cases {
        let project = Project::with(&[USERS, INDEX]).await;
        project.enrol(&["acme"]).await;
        project.remove_tenant_file(INDEX.0);
        migrate_all(&project.migrator().await).await;
        project.tenant_file(INDEX.0, INDEX.1);
        let checksum = project.checksum(INDEX.0);
        let client = project.client().await;
        let sql = format!(
            "SET search_path = tenant_acme; {done}; \
             INSERT INTO tenantry_migrations (number, name, checksum, applied_at, done) \
             VALUES (2, '{}', '{checksum}', now(), {count})",
            INDEX.0
        );
        client.batch_execute(&sql).await.unwrap();
        let report = migrate_all(&project.migrator().await).await;
        assert_eq!(report.succeeded, 1, "after {done:?}: {report:?}");
        assert!(client.query(INVALID, &[]).await.unwrap().is_empty());
        let columns = "SELECT count(*) FROM information_schema.columns \
                       WHERE table_schema = 'tenant_acme' AND table_name = 'users'";
        let row = client.query_one(columns, &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 4);
        let index = "SELECT FROM pg_indexes WHERE indexname = 'users_email'";
        assert_eq!(client.query(index, &[]).await.unwrap().len(), 1);
    }
}

/// As if two runners had been killed, each when PostgreSQL had made the index and nobody had counted it.
#[tokio::test]
async fn an_index_without_a_name_is_there_once_however_often_its_runner_was_killed() {
    let index = "-- tenantry: no-transaction\nCREATE INDEX CONCURRENTLY ON users (name);";
    let project = Project::with(&[USERS, ("0002_index.sql", index)]).await;
    project.enrol(&["acme"]).await;
    project.remove_tenant_file("0002_index.sql");
    migrate_all(&project.migrator().await).await;
    project.tenant_file("0002_index.sql", index);
    let sql = format!(
        "SET search_path = tenant_acme; CREATE INDEX ON users (name); CREATE INDEX ON users (name); \
         INSERT INTO tenantry_migrations (number, name, checksum, applied_at, done) \
         VALUES (2, '0002_index.sql', '{}', now(), 0)",
        project.checksum("0002_index.sql")
    );
    let client = project.client().await;
    client.batch_execute(&sql).await.unwrap();
    assert_eq!(migrate_all(&project.migrator().await).await.succeeded, 1);
    let sql = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'tenant_acme' \
               AND tablename = 'users' AND indexdef LIKE '%(name)'";
    let left = client.query(sql, &[]).await.unwrap();
    assert_eq!(left.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["users_name_idx"]);
}

#[tokio::test]
async fn it_cannot_be_part_of_a_tenants_one_transaction() {
    let project = Project::with(&[USERS, INDEX]).await;
    project.enrol(&["acme"]).await;
    let options = MigrateOptions::new().atomic(Atomic::Tenant);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    let error = report_of(&report, "acme").error.as_ref().unwrap();
    assert_eq!(error.file.as_deref(), Some(INDEX.0));
    assert!(project.tables("tenant_acme").await.is_empty(), "nothing was applied");
}

#[tokio::test]
async fn a_tenant_is_made_with_it_and_is_gone_again_where_it_fails() {
    let project = Project::with(&[USERS, INDEX]).await;
    let migrator = project.migrator().await;
    let made = migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap();
    assert_eq!(made.applied, [USERS.0, INDEX.0]);
    assert_eq!(made.tenant.status, tenantry::TenantStatus::Active);

    project.tenant_file("0003_wrong.sql", "SELECT nonsense;");
    let error = migrator.create_tenant(NewTenant::new(id("globex")), true).await.unwrap_err();
    assert_eq!(error.code(), "MIGRATION_FAILED");
    assert_eq!(migrator.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_tenants_migrations_are_one_transaction_where_that_is_asked_for() {
    let project =
        Project::with(&[USERS, ("0002_wrong.sql", "CREATE TABLE b ();\nSELECT nonsense;")]).await;
    project.enrol(&["acme"]).await;
    let options = MigrateOptions::new().atomic(Atomic::Tenant);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    let acme = report_of(&report, "acme");
    let error = acme.error.as_ref().unwrap();
    assert_eq!((error.file.as_deref(), error.line), (Some("0002_wrong.sql"), Some(2)));
    assert_eq!((acme.applied.len(), acme.pending.len()), (0, 2));
    assert!(project.tables("tenant_acme").await.is_empty(), "all of it was rolled back");

    project.tenant_file("0002_wrong.sql", "CREATE TABLE b ();");
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!(report_of(&report, "acme").applied, [USERS.0, "0002_wrong.sql"]);
}
