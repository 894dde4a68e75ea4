use tenantry_migrate::{Failure, MigrateOptions, MigrateStatus};

use crate::support::{PROJECTS, Project, USERS, migrate_all, report_of};

/// What a tenant fails with when this is its second migration.
async fn failure_of(sql: &str) -> Failure {
    let project = Project::with(&[USERS, ("0002_wrong.sql", sql)]).await;
    project.enrol(&["acme"]).await;
    let report = migrate_all(&project.migrator().await).await;
    let tenant = report_of(&report, "acme");
    assert_eq!(tenant.status, MigrateStatus::Failed);
    assert_eq!(
        (&*tenant.applied, &*tenant.pending),
        (&["0001_users.sql".to_owned()][..], &["0002_wrong.sql".to_owned()][..],)
    );
    assert_eq!(project.ledger("tenant_acme").await, ["0001_users.sql"]);
    assert_eq!(project.tables("tenant_acme").await, ["tenantry_migrations", "users"]);
    tenant.error.clone().unwrap()
}

#[tokio::test]
async fn a_failure_names_the_file_the_line_and_what_postgresql_says() {
    let error =
        failure_of("CREATE TABLE a (id int);\n-- ключ\nINSERT INTO a (id)\n  SELECT nonsense;\n")
            .await;
    assert_eq!(
        error.to_string(),
        "0002_wrong.sql:4:10: column \"nonsense\" does not exist (SQLSTATE 42703)\n    \
         3 | INSERT INTO a (id)\n    4 |   SELECT nonsense;\n      |          ^"
    );
    assert_eq!(error.code, "MIGRATION_FAILED");
    assert_eq!(
        serde_json::to_value(&error).unwrap(),
        serde_json::json!({
            "code": "MIGRATION_FAILED",
            "file": "0002_wrong.sql",
            "line": 4,
            "column": 10,
            "statement": "  3 | INSERT INTO a (id)\n  4 |   SELECT nonsense;\n    |          ^",
            "sqlstate": "42703",
            "message": "column \"nonsense\" does not exist",
        })
    );
}

#[tokio::test]
async fn a_syntax_error_names_its_line_before_anything_runs() {
    let error = failure_of("CREATE TABLE a (id int);\n\nCREATE TABEL b ();").await;
    assert_eq!((error.line, error.sqlstate.as_deref()), (Some(3), Some("42601")));
}

#[tokio::test]
async fn the_seventh_of_twelve_statements_is_named_and_none_of_them_is_there() {
    let mut lines: Vec<String> =
        (1..=12).map(|number| format!("CREATE TABLE t{number} ();")).collect();
    lines[6] = "CREATE TABLE t7 (;".to_owned();
    let error = failure_of(&lines.join("\n")).await;
    assert_eq!((error.line, error.column), (Some(7), Some(18)));
    // One that only running it can tell.
    lines[6] = "CREATE TABLE t1 ();".to_owned();
    assert_eq!(failure_of(&lines.join("\n")).await.line, Some(7));
}

#[tokio::test]
async fn a_file_of_fifty_megabytes_is_applied_and_its_last_line_found() {
    let text = "x".repeat(500_000);
    let mut sql = "CREATE TABLE texts (a text);\n".to_owned();
    for _ in 0..100 {
        sql.push_str(&format!("INSERT INTO texts VALUES ('{text}');\n"));
    }
    assert!(sql.len() > 50_000_000);
    let error = failure_of(&format!("{sql}SELECT 1 / 0;")).await;
    assert_eq!((error.line, error.sqlstate.as_deref()), (Some(102), Some("22012")));
    let project = Project::with(&[("0001_texts.sql", &sql)]).await;
    project.enrol(&["acme"]).await;
    assert_eq!(migrate_all(&project.migrator().await).await.succeeded, 1);
    let count = "SELECT count(*) FROM tenant_acme.texts";
    let row = project.client().await.query_one(count, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 100);
}

#[tokio::test]
async fn what_a_file_leaves_open_is_told_at_its_last_line() {
    let error = failure_of("CREATE TABLE a (id int);\nCREATE TABLE b (\n  id int\n\n").await;
    assert_eq!((error.line, error.sqlstate.as_deref()), (Some(3), Some("42601")));
}

#[tokio::test]
async fn an_error_without_a_position_names_its_statement() {
    let error = failure_of("CREATE TABLE a (id int);\nCREATE TABLE users ();").await;
    assert_eq!(
        error.to_string(),
        "0002_wrong.sql:2:1: relation \"users\" already exists (SQLSTATE 42P07)\n    \
         2 | CREATE TABLE users ();\n      | ^"
    );
}

#[tokio::test]
async fn a_constraint_that_speaks_at_commit_fails_the_file() {
    let error = failure_of(
        "CREATE TABLE a (id int PRIMARY KEY, other int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO a VALUES (1, 2);",
    )
    .await;
    assert_eq!(error.sqlstate.as_deref(), Some("23503"));
    assert!(error.detail.is_some());
}

#[tokio::test]
async fn a_statement_that_needs_to_be_alone_is_refused_by_postgresql() {
    let error = failure_of("CLUSTER;").await;
    assert_eq!(error.sqlstate.as_deref(), Some("25001"));
}

#[tokio::test]
async fn what_can_be_known_before_is_refused_before_anything_runs() {
    let project = Project::with(&[
        USERS,
        ("0002_index.sql", "CREATE INDEX CONCURRENTLY users_name ON users (name);"),
        ("0003_path.sql", "SELECT 1;\nSET search_path = tenant_globex;"),
        ("0004_copy.sql", "CREATE TABLE c (a int);\nCOPY c FROM stdin;\n1\n\\.\n"),
        ("0005_psql.sql", "\\set ON_ERROR_STOP on\nSELECT 1;"),
        ("0006_ends.sql", "BEGIN;\nSELECT 1;\nCOMMIT;"),
        ("0007_empty.sql", "-- later\n"),
        ("0008_one.sql", "SELECT 1;"),
        ("0008_two.sql", "SELECT 2;"),
    ])
    .await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    let error = migrator.migrate_all(&MigrateOptions::new()).await.unwrap_err();
    assert_eq!(error.code(), "MIGRATIONS_INVALID");
    let message = error.to_string();
    for part in [
        "0002_index.sql:1:1: CREATE INDEX CONCURRENTLY",
        "0003_path.sql:2:5: the search_path",
        "0004_copy.sql:2:1: COPY … FROM STDIN needs psql",
        "0005_psql.sql:1:1: this is a command to psql",
        "0006_ends.sql:1:1: BEGIN is not allowed",
        "0006_ends.sql:3:1: COMMIT is not allowed",
        "0007_empty.sql: it holds no statement",
        "0008_two.sql: it has the number of 0008_one.sql",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(project.tables("tenant_acme").await, [""; 0]);
}

#[tokio::test]
async fn one_tenant_that_fails_does_not_stop_the_others() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    let client = project.client().await;
    client.batch_execute("CREATE TABLE tenant_globex.projects ()").await.unwrap();
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.succeeded, report.failed), (2, 1));
    assert!(!report.is_success());
    assert_eq!(project.ledger("tenant_globex").await, ["0001_users.sql"]);

    client.batch_execute("DROP TABLE tenant_globex.projects").await.unwrap();
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.succeeded, report.skipped), (1, 2));
    assert_eq!(report_of(&report, "globex").applied, ["0002_projects.sql"]);
}

#[tokio::test]
async fn an_applied_file_that_was_changed_fails_with_advice() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    migrate_all(&project.migrator().await).await;
    project.enrol(&["globex"]).await;
    project.tenant_file(USERS.0, "CREATE TABLE users (id int);");
    project.tenant_file(PROJECTS.0, "CREATE TABLE projects ();");
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.succeeded, report.failed), (1, 1), "a tenant without it goes on");
    let error = report_of(&report, "acme").error.as_ref().unwrap();
    assert_eq!(error.code, "CHECKSUM_CHANGED");
    assert_eq!(
        error.to_string(),
        "0001_users.sql: it was changed after it had been applied\n  put the file back as it was, \
         and make the change in a new one; if the change makes no difference, accept it: tenantry \
         repair --checksums --all"
    );
    assert_eq!(project.ledger("tenant_acme").await, ["0001_users.sql"]);
}

#[tokio::test]
async fn an_applied_file_that_is_gone_fails_unless_the_whole_folder_is_older() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme"]).await;
    migrate_all(&project.migrator().await).await;
    project.remove_tenant_file(PROJECTS.0);
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!(report.skipped, 1, "an earlier version of the application was put back");

    project.tenant_file("0003_labels.sql", "CREATE TABLE labels ();");
    let report = migrate_all(&project.migrator().await).await;
    let error = report_of(&report, "acme").error.as_ref().unwrap();
    assert_eq!((error.code, error.file.as_deref()), ("MIGRATION_GONE", Some(PROJECTS.0)));
}

#[tokio::test]
async fn a_tenant_without_its_schema_fails_and_no_schema_is_made() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    let client = project.client().await;
    client.batch_execute("DROP SCHEMA tenant_acme").await.unwrap();
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.succeeded, report.failed), (1, 1));
    let error = report_of(&report, "acme").error.as_ref().unwrap();
    assert_eq!(error.code, "SCHEMA_MISSING");
    assert_eq!(error.message, "the schema \"tenant_acme\" does not exist");
    let left = client.query("SELECT FROM pg_namespace WHERE nspname = 'tenant_acme'", &[]);
    assert!(left.await.unwrap().is_empty());
}

#[tokio::test]
async fn a_ledger_that_is_another_table_fails_its_tenant_alone() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme", "globex"]).await;
    migrate_all(&project.migrator().await).await;
    let sql = "DROP TABLE tenant_acme.tenantry_migrations; \
               CREATE TABLE tenant_acme.tenantry_migrations (id int)";
    project.client().await.batch_execute(sql).await.unwrap();
    let report = migrate_all(&project.migrator().await).await;
    assert_eq!((report.skipped, report.failed), (1, 1));
    let error = report_of(&report, "acme").error.as_ref().unwrap();
    assert_eq!(error.code, "LEDGER_UNREADABLE");
    assert!(error.message.contains("column \"number\" does not exist"), "{error}");
}

#[tokio::test]
async fn a_file_that_ends_its_transaction_unseen_is_not_taken_for_applied() {
    // Whether a backslash escapes a quote is PostgreSQL's to know: here the COMMIT is no string.
    let sneaky = ("0001_sneaky.sql", r"CREATE TABLE a (); SELECT '\'';COMMIT;--';");
    let project = Project::with(&[sneaky, USERS_NEXT]).await;
    project.enrol(&["acme"]).await;
    let sql = format!("ALTER DATABASE {} SET standard_conforming_strings = off", project.db.name());
    project.client().await.batch_execute(&sql).await.unwrap();
    for _ in 0..2 {
        let report = migrate_all(&project.migrator().await).await;
        let error = report_of(&report, "acme").error.as_ref().unwrap();
        assert_eq!((error.code, error.file.as_deref()), ("MIGRATION_UNFINISHED", Some(sneaky.0)));
        assert_eq!(project.tables("tenant_acme").await, ["a", "tenantry_migrations"]);
    }
}

const USERS_NEXT: (&str, &str) = ("0002_users.sql", USERS.1);
