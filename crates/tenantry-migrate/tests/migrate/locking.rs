use std::time::{Duration, Instant};

use tenantry_migrate::{MigrateOptions, MigrateStatus, Migrator};

use crate::support::{Project, USERS, report_of};

const NAMES: (&str, &str) = ("0002_names.sql", "ALTER TABLE users ADD COLUMN nick text;");

/// A migrator that gives up a lock soon, and tries so often.
async fn impatient(project: &Project, attempts: i64) -> Migrator {
    let config = project
        .config()
        .set("migrations.lock_timeout", "60ms")
        .set("migrations.lock_delay", "20ms")
        .set("migrations.lock_attempts", attempts)
        .load()
        .unwrap();
    let manager = tenantry::TenantManager::builder(config).without_listener();
    Migrator::new(manager.connect().await.unwrap())
}

#[tokio::test]
async fn a_tenant_that_is_locked_is_tried_again_and_then_reported_with_who_holds_the_lock() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    let migrator = impatient(&project, 3).await;
    assert_eq!(migrator.migrate_all(&MigrateOptions::new()).await.unwrap().succeeded, 3);
    project.tenant_file(NAMES.0, NAMES.1);
    let mut client = project.client().await;
    client.batch_execute("SET application_name = 'nightly report'").await.unwrap();
    let held = client.transaction().await.unwrap();
    held.batch_execute("SELECT count(*) FROM tenant_acme.users").await.unwrap();

    let report = migrator.migrate_all(&MigrateOptions::new().concurrency(1)).await.unwrap();
    assert_eq!((report.succeeded, report.failed), (2, 1), "the others are done");
    let error = report_of(&report, "acme").error.clone().unwrap();
    assert_eq!((error.code, error.file.as_deref()), ("LOCK_TIMEOUT", Some(NAMES.0)));
    let holder = error.holders.first().expect("somebody holds it");
    assert_eq!(holder.application_name.as_deref(), Some("nightly report"));
    assert_eq!(holder.state.as_deref(), Some("idle in transaction"));
    assert_eq!(holder.waited_for.as_deref(), Some("tenant_acme.users"));
    assert_eq!(holder.query.as_deref(), Some("SELECT count(*) FROM tenant_acme.users"));
    let told = error.to_string();
    assert!(told.contains("it was tried 3 times"), "{told}");
    assert!(told.contains("tenant_acme.users is held by pid"), "{told}");

    held.rollback().await.unwrap();
    let report = migrator.migrate_all(&MigrateOptions::new()).await.unwrap();
    assert_eq!((report.succeeded, report.skipped), (1, 2));
}

#[tokio::test]
async fn a_tenant_whose_lock_is_let_go_of_meanwhile_is_migrated() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = impatient(&project, 1000).await;
    migrator.migrate_all(&MigrateOptions::new()).await.unwrap();
    project.tenant_file(NAMES.0, NAMES.1);
    let client = project.client().await;
    client.batch_execute("BEGIN; SELECT FROM tenant_acme.users").await.unwrap();
    let (told, mut waits) = tokio::sync::mpsc::unbounded_channel();
    let options = MigrateOptions::new().on_progress(move |progress| {
        if let tenantry_migrate::Progress::Waiting { tenant, .. } = progress {
            told.send(tenant.to_string()).unwrap();
        }
    });
    let migrating = migrator.migrate_all(&options);
    let letting_go = async {
        assert_eq!(waits.recv().await.as_deref(), Some("acme"));
        client.batch_execute("COMMIT").await.unwrap();
    };
    let (report, ()) = tokio::join!(migrating, letting_go);
    assert_eq!(report.unwrap().succeeded, 2);
}

#[tokio::test]
async fn a_file_says_for_itself_how_long_it_waits() {
    let patient =
        ("0002_names.sql", "-- tenantry: lock_timeout = 30ms\nALTER TABLE users ADD x int;");
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    let config = project
        .config()
        .set("migrations.lock_timeout", "1h")
        .set("migrations.lock_attempts", 1)
        .load()
        .unwrap();
    let manager = tenantry::TenantManager::builder(config).without_listener();
    let migrator = Migrator::new(manager.connect().await.unwrap());
    migrator.migrate_all(&MigrateOptions::new()).await.unwrap();
    project.tenant_file(patient.0, patient.1);
    let client = project.client().await;
    client.batch_execute("BEGIN; SELECT FROM tenant_acme.users").await.unwrap();
    let start = Instant::now();
    let report = migrator.migrate_all(&MigrateOptions::new()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(report_of(&report, "acme").error.as_ref().unwrap().code, "LOCK_TIMEOUT");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_fails_and_is_not_tried_again() {
    let project =
        Project::with(&[USERS, ("0002_slow.sql", "SELECT 1;\nSELECT pg_sleep(60);")]).await;
    project.enrol(&["acme"]).await;
    let config = project.config().set("migrations.statement_timeout", "50ms").load().unwrap();
    let manager = tenantry::TenantManager::builder(config).without_listener();
    let migrator = Migrator::new(manager.connect().await.unwrap());
    let report = migrator.migrate_all(&MigrateOptions::new()).await.unwrap();
    let acme = report_of(&report, "acme");
    assert_eq!(acme.status, MigrateStatus::Failed);
    let error = acme.error.as_ref().unwrap();
    assert_eq!((error.sqlstate.as_deref(), error.line), (Some("57014"), Some(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runner_takes_the_next_tenant_where_another_one_is_at_work() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    // Another runner, in the middle of acme.
    let client = project.client().await;
    client.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let waits = "DO $$ BEGIN IF current_schema() = 'tenant_acme' THEN PERFORM pg_advisory_xact_lock(7); \
         END IF; END $$;";
    project.tenant_file("0002_waits.sql", waits);
    let (first, second) = (project.migrator().await, project.migrator().await);
    let options = MigrateOptions::new().concurrency(1);
    let slow = tokio::spawn({
        let options = options.clone();
        async move { first.migrate_all(&options).await.unwrap() }
    });
    let waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while client.query(waiting, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let (told, mut done) = tokio::sync::mpsc::unbounded_channel();
    let heard = options.clone().on_progress(move |progress| {
        if let tenantry_migrate::Progress::Finished(report) = progress {
            let _ = told.send(report.id.to_string());
        }
    });
    let quick = tokio::spawn(async move { second.migrate_all(&heard).await.unwrap() });
    let mut others = vec![done.recv().await.unwrap(), done.recv().await.unwrap()];
    others.sort();
    assert_eq!(others, ["globex", "initech"], "it did not wait behind the other runner");
    client.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    let (slow, quick) = (slow.await.unwrap(), quick.await.unwrap());
    assert!(slow.is_success() && quick.is_success());
    let applied = |report: &tenantry_migrate::MigrateReport| -> usize {
        report.tenants.iter().map(|tenant| tenant.applied.len()).sum()
    };
    assert_eq!(applied(&slow) + applied(&quick), 6);
}
