use tenantry_migrate::{MigrateOptions, MigrateStatus, Migrator, SchemaStatus};

use crate::support::{Project, USERS};

const PLANS: (&str, &str) = ("0001_plans.sql", "CREATE TABLE plans (id int PRIMARY KEY);");

#[tokio::test]
async fn the_shared_schema_is_migrated_before_the_tenants() {
    let project = Project::with(&[(
        "0001_subscriptions.sql",
        "CREATE TABLE subscriptions (plan int REFERENCES public.plans (id));",
    )])
    .await;
    project.shared_file(PLANS.0, PLANS.1);
    project.enrol(&["acme"]).await;
    let options = MigrateOptions::new().shared(true);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.shared.unwrap().applied, ["0001_plans.sql"]);
    assert_eq!(project.tables("public").await, ["plans", "tenantry_migrations"]);
}

#[tokio::test]
async fn when_the_shared_schema_fails_no_tenant_is_touched() {
    let project = Project::with(&[USERS]).await;
    project.shared_file("0001_plans.sql", "CREATE TABLE plans (id nonsense);");
    project.enrol(&["acme"]).await;
    let options = MigrateOptions::new().shared(true);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert!(!report.is_success());
    assert_eq!((report.total, report.unfinished), (1, 1));
    let shared = report.shared.unwrap();
    assert_eq!(shared.status, MigrateStatus::Failed);
    assert_eq!(shared.error.unwrap().line, Some(1));
    assert!(project.tables("tenant_acme").await.is_empty());
}

#[tokio::test]
async fn alone_it_needs_no_folder_of_tenants_migrations() {
    let project = Project::new().await;
    project.shared_file(PLANS.0, PLANS.1);
    let config = project.config().set("migrations.tenant_dir", "/nowhere").load().unwrap();
    let migrator = Migrator::new(tenantry::TenantManager::connect(config).await.unwrap());
    let options = MigrateOptions::new();
    let report = migrator.migrate_shared(&options).await.unwrap();
    assert_eq!((report.total, report.shared.unwrap().status), (0, MigrateStatus::Succeeded));
    let report = migrator.migrate_shared(&options).await.unwrap();
    assert_eq!(report.shared.unwrap().status, MigrateStatus::Skipped);
}

#[tokio::test]
async fn a_shared_schema_that_is_not_there_is_made() {
    let project = Project::new().await;
    project.shared_file(PLANS.0, PLANS.1);
    let config = project.config().set("isolation.shared_schema", "common").load().unwrap();
    let migrator = Migrator::new(tenantry::TenantManager::connect(config).await.unwrap());
    assert_eq!(migrator.shared_status().await.unwrap().status, SchemaStatus::Behind);
    assert!(migrator.migrate_shared(&MigrateOptions::new()).await.unwrap().is_success());
    assert_eq!(project.tables("common").await, ["plans", "tenantry_migrations"]);
    assert_eq!(migrator.shared_status().await.unwrap().status, SchemaStatus::Ok);
}
