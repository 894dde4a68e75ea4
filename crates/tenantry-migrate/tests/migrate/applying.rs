use std::sync::{Arc, Mutex};

use tenantry::{NewTenant, SchemaName, TenantStatus};
use tenantry_migrate::{MigrateOptions, MigrateStatus, Progress};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all, report_of};

#[tokio::test]
async fn every_tenant_gets_every_file_in_its_own_schema() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.total, report.succeeded, report.failed, report.skipped), (3, 3, 0, 0));
    assert!(report.is_success());
    for tenant in ["acme", "globex", "initech"] {
        assert_eq!(report_of(&report, tenant).applied, ["0001_users.sql", "0002_projects.sql"]);
        let schema = format!("tenant_{tenant}");
        assert_eq!(
            project.tables(&schema).await,
            ["projects", "tasks", "tenantry_migrations", "users"]
        );
    }
    assert!(project.tables("public").await.is_empty());
}

#[tokio::test]
async fn a_second_run_has_nothing_to_do_and_takes_no_session() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    migrate_all(&project.migrator().await).await;
    let migrator = project.migrator().await;
    let report = migrate_all(&migrator).await;
    assert_eq!((report.succeeded, report.skipped), (0, 2));
    assert_eq!(report_of(&report, "acme").status, MigrateStatus::Skipped);
    assert_eq!(migrator.manager().pool_count(), 0, "no tenant was given a connection");
}

#[tokio::test]
async fn a_new_file_goes_only_where_it_is_lacking() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    migrate_all(&project.migrator().await).await;
    project.enrol(&["globex"]).await;
    project.tenant_file(PROJECTS.0, PROJECTS.1);
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!(report_of(&report, "acme").applied, ["0002_projects.sql"]);
    assert_eq!(report_of(&report, "globex").applied, ["0001_users.sql", "0002_projects.sql"]);
}

#[tokio::test]
async fn the_ledger_says_what_was_applied_when_and_how_long_it_took() {
    let project = Project::with(&[("0001_slow.sql", "SELECT pg_sleep(0.05);")]).await;
    project.enrol(&["acme"]).await;
    migrate_all(&project.migrator().await).await;
    let sql = "SELECT number, name::text, length(checksum), applied_at > now() - interval '1 min', \
               duration_ms FROM tenant_acme.tenantry_migrations";
    let row = project.client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (1, "0001_slow.sql"));
    assert_eq!((row.get::<_, i32>(2), row.get::<_, bool>(3)), (64, true));
    assert!((50..5000).contains(&row.get::<_, i32>(4)), "{}", row.get::<_, i32>(4));
}

#[tokio::test]
async fn a_ledger_is_a_table_and_its_key_and_nothing_else_in_postgresqls_catalogs() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    migrate_all(&project.migrator().await).await;
    let sql = "SELECT (SELECT count(*) FROM pg_class WHERE oid IN (l.oid, l.reltoastrelid)), \
               (SELECT count(*) FROM pg_index WHERE indrelid = l.oid), \
               (SELECT count(*) FROM pg_constraint WHERE conrelid = l.oid), \
               (SELECT count(*) FROM pg_attrdef WHERE adrelid = l.oid) \
               FROM pg_class l WHERE l.oid = 'tenant_acme.tenantry_migrations'::regclass";
    let row = project.client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!([0, 1, 2, 3].map(|column| row.get::<_, i64>(column)), [1, 1, 1, 0]);
}

#[tokio::test]
async fn only_the_tenants_named_are_migrated_and_an_unknown_one_fails() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    let ids = [id("acme"), id("acme"), id("nobody")];
    let migrator = project.migrator().await;
    let report = migrator.migrate(&ids, &MigrateOptions::new()).await.unwrap();
    assert_eq!((report.total, report.succeeded, report.failed), (2, 1, 1));
    let error = report_of(&report, "nobody").error.as_ref().unwrap();
    assert_eq!(error.code, "TENANT_NOT_FOUND");
    assert!(project.tables("tenant_globex").await.is_empty());
}

#[tokio::test]
async fn suspended_and_archived_tenants_are_migrated_like_others() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    let catalog = migrator.manager().catalog();
    catalog.set_status(&id("acme"), TenantStatus::Suspended).await.unwrap();
    catalog.set_status(&id("globex"), TenantStatus::Archived).await.unwrap();
    assert_eq!(migrate_all(&migrator).await.succeeded, 2);
}

#[tokio::test]
async fn schemas_with_odd_names_and_a_ledger_of_another_name_work() {
    let project = Project::with(&[USERS]).await;
    let config = project.config().set("migrations.table", "Our \"ledger\"").load().unwrap();
    let manager = tenantry::TenantManager::connect(config).await.unwrap();
    let migrator = tenantry_migrate::Migrator::new(manager);
    let schema = SchemaName::parse(r#"Kunde "7", public; --"#).unwrap();
    let new = NewTenant::new(id("acme")).schema(schema.clone());
    migrator.create_tenant(new, false).await.unwrap();
    assert_eq!(migrate_all(&migrator).await.succeeded, 1);
    assert_eq!(migrate_all(&migrator).await.skipped, 1);
    assert_eq!(project.tables(schema.as_str()).await, ["Our \"ledger\"", "users"]);
}

#[tokio::test]
async fn what_one_file_sets_does_not_reach_the_next_nor_another_tenant() {
    let project = Project::with(&[
        (
            "0001_set.sql",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM set_config('work_mem', '1MB', false); END $$; \
             SELECT f(); SET statement_timeout = '1h';",
        ),
        (
            "0002_users.sql",
            "CREATE TABLE users AS SELECT current_setting('statement_timeout') AS t;",
        ),
    ])
    .await;
    project.enrol(&["acme", "globex"]).await;
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!(report.succeeded, 2, "{report:?}");
    for schema in ["tenant_acme", "tenant_globex"] {
        assert_eq!(project.tables(schema).await, ["tenantry_migrations", "users"]);
        let sql = format!("SELECT t FROM {schema}.users");
        let row = project.client().await.query_one(&sql, &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), "0");
    }
}

#[tokio::test]
async fn functions_comments_and_odd_ends_of_files_are_run_whole() {
    let project = Project::with(&[
        (
            "0001_function.sql",
            "CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 42; END; $$; \
             -- the end",
        ),
        ("0002_view.sql", "CREATE VIEW v AS SELECT answer() AS a /* ; */"),
        ("0003_atomic.sql", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT a FROM v; END"),
    ])
    .await;
    project.enrol(&["acme"]).await;
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!(report.succeeded, 1, "{report:?}");
    let row = project.client().await.query_one("SELECT tenant_acme.f()", &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 42);
}

#[tokio::test]
async fn progress_tells_the_plan_and_each_step() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme", "globex"]).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&heard);
    let options = MigrateOptions::new().concurrency(1).on_progress(move |progress| {
        let line = match progress {
            Progress::Planned { total, to_do } => format!("{to_do} of {total}"),
            Progress::Recorded { run } => format!("run {run}"),
            Progress::Started(tenant) => format!("{tenant} starts"),
            Progress::Applied { tenant, file } => format!("{tenant} {file}"),
            Progress::Finished(report) => format!("{} {:?}", report.id, report.status),
            other => format!("{other:?}"),
        };
        telling.lock().unwrap().push(line);
    });
    project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "2 of 2",
            "run 1",
            "acme starts",
            "acme 0001_users.sql",
            "acme 0002_projects.sql",
            "acme Succeeded",
            "globex starts",
            "globex 0001_users.sql",
            "globex 0002_projects.sql",
            "globex Succeeded",
        ]
    );
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_applied_and_writes_nothing() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.shared_file("0001_plans.sql", "CREATE TABLE plans ();");
    project.enrol(&["acme"]).await;
    let options = MigrateOptions::new().dry_run(true).shared(true);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.total, report.pending, report.succeeded), (1, 1, 0));
    assert_eq!(report_of(&report, "acme").pending, ["0001_users.sql", "0002_projects.sql"]);
    assert_eq!(report.shared.unwrap().pending, ["0001_plans.sql"]);
    assert!(project.tables("tenant_acme").await.is_empty());
    assert!(project.tables("public").await.is_empty());
}
