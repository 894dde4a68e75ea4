use tenantry_migrate::{MigrateOptions, MigrateStatus};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all};

const DOWN: (&str, &str) = ("0002_projects.down.sql", "DROP TABLE projects;\nDROP TABLE tasks;");
const USERS_DOWN: (&str, &str) = ("0001_users.down.sql", "DROP TABLE users;");

#[tokio::test]
async fn what_was_applied_after_a_migration_is_undone_the_newest_first() {
    let labels = ("0003_labels.sql", "CREATE TABLE labels (project int REFERENCES projects);");
    let labels_down = ("0003_labels.down.sql", "DROP TABLE labels;");
    let project = Project::with(&[USERS, PROJECTS, DOWN, labels, labels_down]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let options = MigrateOptions::new();
    let acme = [id("acme")];
    let dry = options.clone().dry_run(true);
    let report = migrator.rollback(Some(&acme), "0001_users", &dry).await.unwrap();
    assert_eq!(report.tenants[0].pending, ["0003_labels.sql", "0002_projects.sql"]);
    assert_eq!(project.ledger("tenant_acme").await.len(), 3, "a dry run");

    let report = migrator.rollback(Some(&acme), "1", &options).await.unwrap();
    assert_eq!(report.tenants[0].undone, ["0003_labels.sql", "0002_projects.sql"]);
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0]);
    assert_eq!(project.tables("tenant_acme").await, ["tenantry_migrations", "users"]);
    assert_eq!(project.ledger("tenant_globex").await.len(), 3, "it was not asked for");
    let report = migrator.rollback(Some(&acme), "1", &options).await.unwrap();
    assert_eq!(report.tenants[0].status, MigrateStatus::Skipped);
    assert_eq!(migrate_all(&migrator).await.succeeded, 1, "and up again");
}

#[tokio::test]
async fn where_there_is_no_way_down_nothing_of_the_tenant_is_undone() {
    let project = Project::with(&[USERS, PROJECTS, DOWN]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let report = migrator.rollback(None, "0", &MigrateOptions::new()).await.unwrap();
    let error = report.tenants[0].error.as_ref().unwrap();
    assert_eq!(error.code, "NO_WAY_DOWN");
    assert!(error.message.ends_with("from 0001_users.sql"), "{error}");
    assert_eq!(project.ledger("tenant_acme").await.len(), 2);
    project.tenant_file(USERS_DOWN.0, USERS_DOWN.1);
    let report = migrator.rollback(None, "0", &MigrateOptions::new()).await.unwrap();
    assert_eq!(report.succeeded, 1, "{report:?}");
    assert_eq!(project.tables("tenant_acme").await, ["tenantry_migrations"]);
}

#[tokio::test]
async fn one_that_fails_leaves_the_migration_applied() {
    let wrong = ("0002_projects.down.sql", "DROP TABLE projects;\nDROP TABLE nonsense;");
    let project = Project::with(&[USERS, PROJECTS, wrong]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    let report = migrator.rollback(None, "1", &MigrateOptions::new()).await.unwrap();
    let error = report.tenants[0].error.as_ref().unwrap();
    assert_eq!((error.sqlstate.as_deref(), error.line), (Some("42P01"), Some(2)));
    assert_eq!(project.ledger("tenant_acme").await.len(), 2);
    assert!(project.tables("tenant_acme").await.contains(&"projects".to_owned()));
}

#[tokio::test]
async fn an_index_is_dropped_without_a_transaction() {
    let index = (
        "0002_index.sql",
        "-- tenantry: no-transaction\nCREATE INDEX CONCURRENTLY users_name ON users (name);",
    );
    let down =
        ("0002_index.down.sql", "-- tenantry: no-transaction\nDROP INDEX CONCURRENTLY users_name;");
    let project = Project::with(&[USERS, index, down]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    assert_eq!(migrate_all(&migrator).await.succeeded, 1);
    let report = migrator.rollback(None, "1", &MigrateOptions::new()).await.unwrap();
    assert_eq!(report.succeeded, 1, "{report:?}");
    let rows = project.client().await;
    let found = rows.query("SELECT FROM pg_indexes WHERE indexname = 'users_name'", &[]).await;
    assert!(found.unwrap().is_empty());
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0]);
}

#[tokio::test]
async fn what_undoes_a_file_without_a_transaction_goes_on_where_it_was() {
    let up = "-- tenantry: no-transaction\nCREATE INDEX CONCURRENTLY one ON users (name);\n\
              CREATE INDEX CONCURRENTLY two ON users (name);";
    let down = "-- tenantry: no-transaction\nALTER TABLE users ADD COLUMN undone int;\n\
                DROP INDEX CONCURRENTLY two;\nSELECT 1 / 0;\nDROP INDEX CONCURRENTLY one;";
    let (up, down) = (("0002_index.sql", up), ("0002_index.down.sql", down));
    let project = Project::with(&[USERS, up, down]).await;
    project.enrol(&["acme", "globex"]).await;
    let migrator = project.migrator().await;
    assert_eq!(migrate_all(&migrator).await.succeeded, 2);
    let (acme, options) = ([id("acme")], MigrateOptions::new());
    let report = migrator.rollback(Some(&acme), "1", &options).await.unwrap();
    let error = report.tenants[0].error.as_ref().unwrap();
    assert_eq!((error.line, error.sqlstate.as_deref()), (Some(4), Some("22012")));
    // What is half there is neither applied nor lacking, whoever asks.
    let report = migrate_all(&migrator).await;
    assert_eq!((report.skipped, report.failed), (1, 1));
    let error = report.failures().next().unwrap();
    assert_eq!(error.code, "MIGRATION_UNFINISHED");
    assert!(error.message.contains("2 of the statements for that are done"), "{error}");

    project.tenant_file(down.0, &down.1.replace("1 / 0", "1"));
    let report = migrator.rollback(Some(&acme), "1", &options).await.unwrap();
    assert_eq!(report.succeeded, 1, "the column is not added twice: {report:?}");
    assert_eq!(project.ledger("tenant_acme").await, [USERS.0]);
    let sql = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'tenant_acme' \
               AND tablename = 'users'";
    let rows = project.client().await.query(sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "the primary key is left");
}
