use tenantry::{NewTenant, SchemaName};
use tenantry_migrate::{MigrateError, SchemaStatus};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all};

#[tokio::test]
async fn a_new_tenant_is_ready_for_use() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let migrator = project.migrator().await;
    let created =
        migrator.create_tenant(NewTenant::new(id("acme")).plan("pro"), true).await.unwrap();
    assert_eq!(created.applied, ["0001_users.sql", "0002_projects.sql"]);
    assert_eq!(created.tenant.plan.as_deref(), Some("pro"));
    let mut db = migrator.manager().db(&id("acme")).unwrap();
    db.execute("INSERT INTO users VALUES (1, 'Ada')", &[]).await.unwrap();
    assert_eq!(migrate_all(&migrator).await.skipped, 1, "its ledger is like any other's");
    assert_eq!(migrator.show(&id("acme")).await.unwrap().migrations.status, SchemaStatus::Ok);
}

#[tokio::test]
async fn without_migrating_it_has_an_empty_schema() {
    let project = Project::with(&[USERS]).await;
    let migrator = project.migrator().await;
    let created = migrator.create_tenant(NewTenant::new(id("acme")), false).await.unwrap();
    assert!(created.applied.is_empty());
    assert!(project.tables("tenant_acme").await.is_empty());
    assert_eq!(migrate_all(&migrator).await.succeeded, 1);
}

#[tokio::test]
async fn when_a_migration_fails_nothing_of_the_tenant_remains() {
    let project = Project::with(&[USERS, ("0002_wrong.sql", "CREATE TABLE a ();\nSELEC 1;")]).await;
    let migrator = project.migrator().await;
    let error = migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap_err();
    assert_eq!(error.code(), "MIGRATION_FAILED");
    assert_eq!(
        error.to_string(),
        "0002_wrong.sql:2:1: syntax error at or near \"SELEC\" (SQLSTATE 42601)\n    2 | SELEC 1;\n      | ^"
    );
    let left = "SELECT FROM pg_namespace WHERE nspname = 'tenant_acme'";
    assert!(project.client().await.query(left, &[]).await.unwrap().is_empty());
    assert!(migrator.list().await.unwrap().is_empty());

    project.tenant_file("0002_wrong.sql", "CREATE TABLE a ();");
    migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap();
}

#[tokio::test]
async fn no_other_process_sees_it_before_it_is_complete() {
    let project =
        Project::with(&[USERS, ("0002_wait.sql", "SELECT pg_advisory_xact_lock(7);")]).await;
    let client = project.client().await;
    let migrator = project.migrator().await;
    client.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let creating = {
        let migrator = migrator.clone();
        tokio::spawn(async move { migrator.create_tenant(NewTenant::new(id("acme")), true).await })
    };
    let waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while client.query(waiting, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(project.migrator().await.list().await.unwrap().is_empty());
    client.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    creating.await.unwrap().unwrap();
    assert_eq!(project.migrator().await.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_tenant_that_is_there_is_left_as_it_is() {
    let project = Project::with(&[USERS]).await;
    let migrator = project.migrator().await;
    migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap();
    let error = migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap_err();
    assert_eq!(error.code(), "TENANT_EXISTS");
    assert_eq!(project.tables("tenant_acme").await, ["tenantry_migrations", "users"]);
}

#[tokio::test]
async fn a_schema_nobody_has_is_not_taken_unless_it_is_named() {
    let project = Project::with(&[USERS]).await;
    let sql = "CREATE SCHEMA tenant_acme CREATE TABLE secrets (text text)";
    project.client().await.batch_execute(sql).await.unwrap();
    let migrator = project.migrator().await;
    let error = migrator.create_tenant(NewTenant::new(id("acme")), true).await.unwrap_err();
    assert_eq!(error.code(), "SCHEMA_EXISTS");
    assert!(matches!(error, MigrateError::Failed(_)));
    assert!(migrator.list().await.unwrap().is_empty());

    let schema = SchemaName::parse("tenant_acme").unwrap();
    let new = NewTenant::new(id("acme")).schema(schema);
    migrator.create_tenant(new, true).await.unwrap();
    assert_eq!(project.tables("tenant_acme").await, ["secrets", "tenantry_migrations", "users"]);
}

#[tokio::test]
async fn an_id_whose_schema_name_would_be_too_long_is_refused() {
    let project = Project::with(&[USERS]).await;
    let migrator = project.migrator().await;
    let long = id(&"a".repeat(57));
    let error = migrator.create_tenant(NewTenant::new(long), true).await.unwrap_err();
    assert_eq!(error.code(), "SCHEMA_NAME_INVALID");
    let fits = id(&"a".repeat(56));
    migrator.create_tenant(NewTenant::new(fits), true).await.unwrap();
}

#[tokio::test]
async fn two_that_create_the_same_tenant_at_once_make_it_once() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    let (a, b) = (project.migrator().await, project.migrator().await);
    let new = || NewTenant::new(id("acme"));
    let made = tokio::join!(a.create_tenant(new(), true), b.create_tenant(new(), true));
    let codes = [
        made.0.map_err(|error| error.code().to_owned()),
        made.1.map_err(|error| error.code().to_owned()),
    ];
    let refused: Vec<_> = codes.iter().filter_map(|made| made.as_ref().err()).collect();
    assert_eq!(refused, ["TENANT_EXISTS"]);
}
