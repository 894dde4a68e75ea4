use tenantry_migrate::{CorrectionKind, MigrateOptions, RepairOptions};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all, report_of};

#[tokio::test]
async fn a_changed_file_is_accepted() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    project.tenant_file(USERS.0, &format!("-- better words\n{}", USERS.1));
    assert_eq!(migrate_all(&migrator).await.failed, 2);
    let options = RepairOptions::new().checksums(true);
    let found = migrator.repair(None, options.dry_run(true)).await.unwrap();
    assert_eq!((found.concerned, found.tenants.len()), (2, 2));
    assert_eq!(migrate_all(&migrator).await.failed, 2, "a dry run");
    migrator.repair(Some(&[id("acme")]), options).await.unwrap();
    let report = migrate_all(&migrator).await;
    assert_eq!((report.skipped, report.failed), (1, 1));
    migrator.repair(None, options).await.unwrap();
    assert_eq!(migrate_all(&migrator).await.skipped, 2);
}

#[tokio::test]
async fn an_unfinished_migration_is_cleared_or_counts_as_applied() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let client = project.client().await;
    for schema in ["tenant_acme", "tenant_globex"] {
        let sql =
            format!("UPDATE {schema}.tenantry_migrations SET duration_ms = NULL WHERE number = 2");
        client.batch_execute(&sql).await.unwrap();
    }
    client.batch_execute("DROP TABLE tenant_acme.projects, tenant_acme.tasks").await.unwrap();
    let report = migrate_all(&migrator).await;
    let error = report_of(&report, "acme").error.clone().unwrap();
    assert_eq!(error.code, "MIGRATION_UNFINISHED");
    let clear = RepairOptions::new().clear(true);
    let report = migrator.repair(Some(&[id("acme")]), clear).await.unwrap();
    assert_eq!(report.tenants[0].corrections[0].kind, CorrectionKind::ClearUnfinished);
    let applied = RepairOptions::new().applied(true);
    migrator.repair(Some(&[id("globex")]), applied).await.unwrap();
    let report = migrate_all(&migrator).await;
    assert_eq!(report_of(&report, "acme").applied, [PROJECTS.0]);
    assert!(report_of(&report, "globex").applied.is_empty() && report.is_success());
}

#[tokio::test]
async fn an_index_that_was_not_finished_is_dropped() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let client = project.client().await;
    client
        .batch_execute("INSERT INTO tenant_acme.users VALUES (1, 'one'), (2, 'one')")
        .await
        .unwrap();
    let sql = "CREATE UNIQUE INDEX CONCURRENTLY twice ON tenant_acme.users (name)";
    client.batch_execute(sql).await.unwrap_err();
    // The error comes before PostgreSQL has let go of the index; the next answer comes after.
    client.batch_execute("SELECT").await.unwrap();
    let options = RepairOptions::new().indexes(true);
    let report = migrator.repair(None, options).await.unwrap();
    assert_eq!(report.tenants[0].corrections[0].name, "twice");
    let left = client.query("SELECT FROM pg_index WHERE NOT indisvalid", &[]).await.unwrap();
    assert!(left.is_empty());
}

#[tokio::test]
async fn ledgers_are_brought_in_line_with_the_files() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    project.remove_tenant_file(PROJECTS.0);
    project.tenant_file("0003_labels.sql", "CREATE TABLE labels ();");
    let both = RepairOptions::new().mark_missing(true).clean_orphans(true);
    let found = migrator.repair(None, both.dry_run(true)).await.unwrap();
    let kinds: Vec<CorrectionKind> =
        found.tenants[0].corrections.iter().map(|correction| correction.kind).collect();
    assert_eq!(kinds, [CorrectionKind::RemoveOrphan, CorrectionKind::MarkApplied]);
    migrator.repair(None, both).await.unwrap();
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0, "0003_labels.sql"]);
    assert!(!project.tables("tenant_acme").await.contains(&"labels".to_owned()));
    assert_eq!(migrate_all(&migrator).await.skipped, 1);
}

#[tokio::test]
async fn migrations_are_marked_as_applied_up_to_one() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme"]).await;
    let client = project.client().await;
    client.batch_execute("CREATE TABLE tenant_acme.users (id int PRIMARY KEY)").await.unwrap();
    let migrator = project.migrator().await;
    let marked = migrator.mark_applied(None, Some("0001"), false).await.unwrap();
    assert_eq!(marked.tenants[0].corrections.len(), 1);
    let report = migrate_all(&migrator).await;
    assert_eq!(report_of(&report, "acme").applied, [PROJECTS.0]);
}

#[tokio::test]
async fn one_out_of_order_is_an_error_unless_it_is_allowed() {
    let project = Project::with(&[USERS, ("0003_labels.sql", "CREATE TABLE labels ();")]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    project.enrol(&["globex"]).await;
    project.tenant_file("0002_late.sql", "CREATE TABLE late ();");
    let report = migrate_all(&migrator).await;
    assert_eq!((report.succeeded, report.failed), (1, 1), "a new tenant gets them in order");
    let error = report_of(&report, "acme").error.clone().unwrap();
    assert_eq!((error.code, error.file.as_deref()), ("OUT_OF_ORDER", Some("0002_late.sql")));
    let options = MigrateOptions::new().allow_out_of_order(true);
    let report = migrator.migrate_all(&options).await.unwrap();
    assert_eq!(report_of(&report, "acme").applied, ["0002_late.sql"]);
}

#[tokio::test]
async fn a_ledger_of_an_earlier_version_gets_the_columns_it_lacks() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let client = project.client().await;
    let sql = "ALTER TABLE tenant_acme.tenantry_migrations \
               DROP COLUMN version, DROP COLUMN host, DROP COLUMN done";
    client.batch_execute(sql).await.unwrap();
    assert_eq!(migrate_all(&migrator).await.skipped, 1);
    project.tenant_file(PROJECTS.0, PROJECTS.1);
    let report = migrate_all(&migrator).await;
    assert_eq!(report.succeeded, 1, "{report:?}");
    let sql = "SELECT version, host FROM tenant_acme.tenantry_migrations WHERE number = 2";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), env!("CARGO_PKG_VERSION"));
    assert!(!row.get::<_, &str>(1).is_empty());
}
