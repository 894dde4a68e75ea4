use tenantry::TenantStatus;
use tenantry_migrate::{
    MaxFailures, MigrateOptions, MigrateStatus, Migrator, OnError, SharedSeed, Stop, TenantSeed,
};

use crate::support::{Project, USERS, id};

const PLANS: (&str, &str) =
    ("0001_plans.sql", "CREATE TABLE plans (name text PRIMARY KEY, seeded int DEFAULT 1);");

/// Two tenants with users, and plans that all share.
async fn migrated() -> (Project, Migrator) {
    let project = Project::with(&[USERS]).await;
    project.shared_file(PLANS.0, PLANS.1);
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    migrator.migrate_all_with_shared(&MigrateOptions::new()).await.unwrap();
    (project, migrator)
}

fn plans() -> SharedSeed {
    SharedSeed::new(|mut db| async move {
        let sql = "INSERT INTO public.plans VALUES ('free') ON CONFLICT DO NOTHING";
        db.execute(sql, &[]).await?;
        Ok(())
    })
}

fn owners() -> TenantSeed {
    TenantSeed::new(|mut db| async move {
        let name = db.tenant_id().to_string();
        let sql = "INSERT INTO users VALUES (1, $1) ON CONFLICT DO NOTHING";
        db.execute(sql, &[&name]).await?;
        Ok(())
    })
}

async fn count(project: &Project, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    project.client().await.query_one(&sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn functions_seed_the_shared_schema_then_every_tenant() {
    let (project, migrator) = migrated().await;
    let options = MigrateOptions::new();
    for _ in 0..2 {
        let report = migrator.seed_all_with_shared(&plans(), &owners(), &options).await.unwrap();
        assert!(report.is_success(), "{report:?}");
        assert_eq!((report.total, report.succeeded), (2, 2));
        assert_eq!(report.shared.unwrap().status, MigrateStatus::Succeeded);
    }
    assert_eq!(count(&project, "plans").await, 1);
    let sql = "SELECT name FROM tenant_globex.users";
    let row = project.client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "globex");
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0], "no ledger knows of seeds");
}

#[tokio::test]
async fn when_the_shared_seed_fails_no_tenant_is_seeded() {
    let (project, migrator) = migrated().await;
    let wrong = SharedSeed::new(|_| async { Err("the price list is not there".into()) });
    let options = MigrateOptions::new();
    let report = migrator.seed_all_with_shared(&wrong, &owners(), &options).await.unwrap();
    assert!(!report.is_success());
    assert_eq!((report.succeeded, report.unfinished), (0, 2));
    let error = report.shared.unwrap().error.unwrap();
    assert_eq!((error.code, &*error.message), ("SEED_FAILED", "the price list is not there"));
    assert_eq!(count(&project, "tenant_acme.users").await, 0);
}

#[tokio::test]
async fn a_tenant_that_fails_stops_nobody_else_unless_that_was_asked_for() {
    let (project, migrator) = migrated().await;
    project.client().await.batch_execute("DROP TABLE tenant_acme.users").await.unwrap();
    let options = MigrateOptions::new().concurrency(1);
    let report = migrator.seed_all(&owners(), &options).await.unwrap();
    assert_eq!((report.succeeded, report.failed), (1, 1));
    let error = report.tenants[0].error.as_ref().unwrap();
    assert_eq!((error.code, error.sqlstate.as_deref()), ("SEED_FAILED", Some("42P01")));
    for ending in [
        options.clone().on_error(OnError::Abort),
        options.clone().max_failures(MaxFailures::Count(0)),
    ] {
        let report = migrator.seed_all(&owners(), &ending).await.unwrap();
        assert_eq!((report.failed, report.unfinished), (1, 1), "{report:?}");
    }
    let stop = Stop::new();
    stop.stop();
    let report = migrator.seed_all(&owners(), &options.stop(stop)).await.unwrap();
    assert_eq!(report.unfinished, 2);
}

#[tokio::test]
async fn only_active_tenants_are_seeded_unless_they_are_named() {
    let (project, migrator) = migrated().await;
    let catalog = migrator.manager().catalog();
    catalog.set_status(&id("acme"), TenantStatus::Suspended).await.unwrap();
    project.seed_file("tenant/0001_owner.sql", "INSERT INTO users VALUES (1, {tenant});");
    let seed = migrator.tenant_seed().unwrap().unwrap();
    let options = MigrateOptions::new();
    let report = migrator.seed_all(&seed, &options).await.unwrap();
    assert_eq!((report.succeeded, report.skipped), (1, 1));
    let report = migrator.seed(&[id("acme"), id("nobody")], &seed, &options).await.unwrap();
    assert_eq!((report.succeeded, report.failed), (1, 1));
    assert_eq!(report.tenants[1].error.as_ref().unwrap().code, "TENANT_NOT_FOUND");
    assert_eq!(count(&project, "tenant_acme.users").await, 1);
}

#[tokio::test]
async fn files_are_one_transaction_for_each_schema() {
    let (project, migrator) = migrated().await;
    assert!(!migrator.has_shared_seeding().unwrap());
    assert!(migrator.tenant_seed().unwrap().is_none());
    project.seed_file("shared/0001_plans.sql", "INSERT INTO plans VALUES ('free');");
    assert!(migrator.has_shared_seeding().unwrap());
    project.seed_file("tenant/0001_owner.sql", "INSERT INTO users VALUES (1, {tenant});");
    project.seed_file(
        "tenant/0002_guest.sql",
        "INSERT INTO users\nVALUES (2, (SELECT name FROM {shared}.plans WHERE name = 'none'));",
    );
    let shared = migrator.shared_seed().unwrap().unwrap();
    let tenant = migrator.tenant_seed().unwrap().unwrap();
    let options = MigrateOptions::new();
    let dry = options.clone().dry_run(true);
    let report = migrator.seed_all_with_shared(&shared, &tenant, &dry).await.unwrap();
    assert_eq!(report.tenants[0].pending, ["0001_owner.sql", "0002_guest.sql"]);
    assert_eq!(count(&project, "plans").await, 0, "a dry run");

    let report = migrator.seed_all_with_shared(&shared, &tenant, &options).await.unwrap();
    assert_eq!(report.shared.unwrap().applied, ["0001_plans.sql"]);
    let error = report.tenants[0].error.as_ref().unwrap();
    assert_eq!(error.file.as_deref(), Some("0002_guest.sql"));
    assert_eq!((error.code, error.sqlstate.as_deref()), ("SEED_FAILED", Some("23502")));
    assert_eq!(count(&project, "tenant_acme.users").await, 0, "nothing of the first file stays");
    assert_eq!(project.ledger("public").await, [PLANS.0]);
}

#[tokio::test]
async fn files_keep_to_their_tenant() {
    let (project, migrator) = migrated().await;
    project.seed_file("tenant/0001_a.sql", "INSERT INTO tenant_globex.users VALUES (1, 'x');");
    let seed = migrator.tenant_seed().unwrap().unwrap();
    let error = migrator.seed_all(&seed, &MigrateOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "FOREIGN_SCHEMA");
    let code = "DO $$ BEGIN EXECUTE 'DELETE FROM tenant_' || 'globex.users'; END $$;";
    project.seed_file("tenant/0001_a.sql", code);
    let seed = migrator.tenant_seed().unwrap().unwrap();
    let report = migrator.seed(&[id("acme")], &seed, &MigrateOptions::new()).await.unwrap();
    assert_eq!(report.tenants[0].error.as_ref().unwrap().code, "FOREIGN_SCHEMA");
    project.seed_file("tenant/0001_a.sql", "-- tenantry: no-transaction\nSELECT 1;");
    assert_eq!(migrator.tenant_seed().unwrap_err().code(), "MIGRATIONS_INVALID");
}
