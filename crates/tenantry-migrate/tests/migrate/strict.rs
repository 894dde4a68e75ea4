use tenantry_migrate::{
    MigrateError, MigrateOptions, MigrationTransaction, RustMigration, RustMigrationFuture, Stop,
};

use crate::support::{Project, USERS, id, migrate_all};

const DROPS: (&str, &str) = ("0002_names.sql", "ALTER TABLE users DROP COLUMN name;");

#[derive(Debug)]
struct Code(Option<&'static str>);

impl RustMigration for Code {
    fn number(&self) -> i64 {
        3
    }

    fn name(&self) -> &'static str {
        "0003_code"
    }

    fn allowed_because(&self) -> Option<&str> {
        self.0
    }

    fn up<'a>(&'a self, tx: &'a mut MigrationTransaction<'_>) -> RustMigrationFuture<'a> {
        Box::pin(async move { Ok(tx.batch_execute("CREATE TABLE code ()").await?) })
    }
}

#[tokio::test]
async fn what_may_lose_something_is_refused_before_anything_runs() {
    let project = Project::with(&[USERS, DROPS]).await;
    project.shared_file("0001_plans.sql", "CREATE TABLE plans ();");
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    let options = MigrateOptions::new().strict(true).shared(true);
    let error = migrator.migrate_all(&options).await.unwrap_err();
    assert_eq!(error.code(), "MIGRATIONS_UNSAFE");
    assert!(error.to_string().contains("0002_names.sql:1:19: drop-column"), "{error}");
    assert!(project.tables("public").await.is_empty(), "the shared schema, too");
    assert!(project.tables("tenant_acme").await.is_empty());
}

#[tokio::test]
async fn what_the_run_would_not_apply_is_not_looked_at() {
    let project = Project::with(&[USERS, DROPS]).await;
    project.enrol(&["acme"]).await;
    let migrator = project.migrator().await;
    migrate_all(&migrator).await;
    project.tenant_file("0003_labels.sql", "CREATE TABLE labels ();");
    // Another tenant lacks what is refused: it is no part of this run, nor of what goes on with it.
    project.enrol(&["globex"]).await;
    let options = MigrateOptions::new().strict(true);
    let stop = Stop::new();
    stop.stop();
    let stopped = options.clone().stop(stop);
    let report = migrator.migrate(&[id("acme")], &stopped).await.unwrap();
    assert_eq!(report.unfinished, 1);
    let report = migrator.resume(report.run, &options).await.unwrap();
    assert_eq!(report.succeeded, 1, "{report:?}");
    migrator.migrate_all(&options).await.unwrap_err();
}

#[tokio::test]
async fn code_in_rust_says_why_it_may_run() {
    let project = Project::with(&[USERS]).await;
    project.enrol(&["acme"]).await;
    let options = MigrateOptions::new().strict(true);
    let migrator = project.migrator().await.tenant_migration(Code(None));
    let error = migrator.migrate_all(&options).await.unwrap_err();
    let MigrateError::Unsafe(found) = &error else { panic!("{error}") };
    assert_eq!(found.unread, ["0003_code"]);
    let migrator = project.migrator().await.tenant_migration(Code(Some("it makes one table")));
    assert_eq!(migrator.migrate_all(&options).await.unwrap().succeeded, 1);
}
