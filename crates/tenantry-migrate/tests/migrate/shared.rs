use tenantry_migrate::{
    CorrectionKind, MigrateOptions, MigrateStatus, Migrator, RepairOptions, SchemaStatus,
};

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

#[tokio::test]
async fn its_migrations_are_undone_by_themselves() {
    let project = Project::with(&[USERS]).await;
    project.shared_file(PLANS.0, PLANS.1);
    project.shared_file("0001_plans.down.sql", "DROP TABLE plans;");
    project.shared_file("0002_prices.sql", "CREATE TABLE prices (plan int REFERENCES plans);");
    project.shared_file("0002_prices.down.sql", "DROP TABLE prices;");
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    let options = MigrateOptions::new();
    migrator.migrate_all_with_shared(&options).await.unwrap();
    let dry = migrator.rollback_shared("0001_plans", &options.clone().dry_run(true)).await.unwrap();
    let shared = dry.shared.unwrap();
    assert_eq!(
        (shared.status, shared.pending),
        (MigrateStatus::Pending, vec!["0002_prices.sql".into()])
    );
    let done = migrator.rollback_shared("0001_plans", &options).await.unwrap();
    assert!(done.is_success() && done.tenants.is_empty(), "{done:?}");
    assert_eq!(done.shared.unwrap().undone, ["0002_prices.sql"]);
    assert_eq!(project.tables("public").await, ["plans", "tenantry_migrations"]);
    assert_eq!(project.ledger("public").await, [PLANS.0]);
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0], "tenants are left as they are");

    // A table of a tenant's depends on it: PostgreSQL refuses, and nothing is undone.
    let client = project.client().await;
    let sql = "CREATE TABLE tenant_acme.mine (plan int REFERENCES public.plans)";
    client.batch_execute(sql).await.unwrap();
    let refused = migrator.rollback_shared("0", &options).await.unwrap();
    assert!(!refused.is_success());
    assert_eq!(refused.shared.unwrap().error.unwrap().sqlstate.as_deref(), Some("2BP01"));
    assert_eq!(project.ledger("public").await, [PLANS.0]);
}

#[tokio::test]
async fn its_ledger_is_set_right_with_the_tenants_or_alone() {
    let project = Project::with(&[USERS]).await;
    project.shared_file(PLANS.0, PLANS.1);
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrator.migrate_all_with_shared(&MigrateOptions::new()).await.unwrap();
    project.shared_file(PLANS.0, &format!("-- in other words\n{}", PLANS.1));
    let options = RepairOptions::new().checksums(true);
    let others = migrator.repair(None, options).await.unwrap();
    assert!(others.shared.is_none() && !others.has_corrections(), "it was not asked for");
    let both = migrator.repair(None, options.shared(true).dry_run(true)).await.unwrap();
    assert_eq!((both.total, both.shared.unwrap().corrections.len()), (1, 1));
    let alone = migrator.repair_shared(options).await.unwrap();
    assert_eq!((alone.total, alone.shared.unwrap().corrections.len()), (0, 1));
    let report = migrator.migrate_shared(&MigrateOptions::new()).await.unwrap();
    assert_eq!(report.shared.unwrap().status, MigrateStatus::Skipped);

    project.shared_file("0002_prices.sql", "CREATE TABLE nonsense (id nonsense);");
    let marked = migrator.mark_shared_applied(None, false).await.unwrap();
    assert_eq!(marked.shared.unwrap().corrections[0].kind, CorrectionKind::MarkApplied);
    assert_eq!(project.ledger("public").await, [PLANS.0, "0002_prices.sql"]);
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0]);
    assert!(migrator.mark_shared_applied(Some("9"), false).await.is_err());
}
