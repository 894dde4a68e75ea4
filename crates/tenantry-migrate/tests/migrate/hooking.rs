use std::sync::{Arc, Mutex};

use tenantry_migrate::{
    MigrateHooks, MigrateOptions, MigrateStatus, MigrationTransaction, Migrator, OnError,
    RustMigration, RustMigrationFuture, embedded,
};

use crate::support::{PROJECTS, Project, USERS, id, migrate_all, report_of};

#[tokio::test]
async fn hooks_are_called_in_order_and_wait_for_each_other() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme"]).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = move |heard: &Arc<Mutex<Vec<String>>>, line: String| {
        let heard = Arc::clone(heard);
        async move {
            tokio::task::yield_now().await;
            heard.lock().unwrap().push(line);
            Ok(())
        }
    };
    let [a, b, c, d] = std::array::from_fn(|_| Arc::clone(&heard));
    let hooks = MigrateHooks::new()
        .before_tenant(move |tenant| hear(&a, format!("before {tenant}")))
        .after_tenant(move |report| hear(&b, format!("after {}: {:?}", report.id, report.status)))
        .before_migration(move |event| hear(&c, format!("before {}", event.migration)))
        .after_migration(move |event, _| hear(&d, format!("after {}", event.migration)));
    let options = MigrateOptions::new().hooks(hooks);
    project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "before acme",
            "before 0001_users.sql",
            "after 0001_users.sql",
            "before 0002_projects.sql",
            "after 0002_projects.sql",
            "after acme: Succeeded",
        ]
    );
}

#[tokio::test]
async fn a_hook_that_fails_fails_its_tenant() {
    let project = Project::with(&[USERS, PROJECTS]).await;
    project.enrol(&["acme", "globex"]).await;
    let only_acme = |tenant: Option<&str>| match tenant {
        Some("acme") => Err("no".into()),
        _ => Ok(()),
    };
    let cases = [
        (
            MigrateHooks::new()
                .before_tenant(move |tenant| async move { only_acme(Some(tenant.as_str())) }),
            0,
        ),
        (
            MigrateHooks::new().before_migration(move |event| async move {
                let is_second = &*event.migration == PROJECTS.0;
                only_acme(event.tenant.as_ref().map(|id| id.as_str()).filter(|_| is_second))
            }),
            1,
        ),
        (
            MigrateHooks::new().after_migration(move |event, _| async move {
                only_acme(event.tenant.as_ref().map(|id| id.as_str()))
            }),
            2,
        ),
    ];
    for (hooks, applied) in cases {
        let options = MigrateOptions::new().hooks(hooks);
        let report = project.migrator().await.migrate_all(&options).await.unwrap();
        let acme = report_of(&report, "acme");
        assert_eq!(acme.status, MigrateStatus::Failed);
        assert_eq!(acme.error.as_ref().unwrap().code, "HOOK_FAILED");
        assert_ne!(report_of(&report, "globex").status, MigrateStatus::Failed);
        let ledger = project.tables("tenant_acme").await;
        let in_ledger = match ledger.is_empty() {
            true => 0,
            false => project.ledger("tenant_acme").await.len(),
        };
        assert_eq!(in_ledger, applied);
    }
}

#[tokio::test]
async fn a_hook_decides_whether_a_run_goes_on_after_an_error() {
    let project = Project::with(&[("0001_wrong.sql", "SELECT nonsense;")]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    for (decision, failed) in [(OnError::Abort, 1), (OnError::Continue, 3)] {
        let hooks = MigrateHooks::new().on_error(move |_, failure| async move {
            assert_eq!(failure.code, "MIGRATION_FAILED");
            Ok(decision)
        });
        let options = MigrateOptions::new().concurrency(1).hooks(hooks);
        let report = project.migrator().await.migrate_all(&options).await.unwrap();
        assert_eq!((report.failed, report.unfinished), (failed, 3 - failed));
    }
}

/// Gives every user a slug.
#[derive(Debug)]
struct Slugs;

impl RustMigration for Slugs {
    fn number(&self) -> i64 {
        2
    }

    fn name(&self) -> &str {
        "0002_slugs"
    }

    fn up<'a>(&'a self, tx: &'a mut MigrationTransaction<'_>) -> RustMigrationFuture<'a> {
        Box::pin(async move {
            tx.batch_execute("ALTER TABLE users ADD COLUMN slug text").await?;
            for row in tx.query("SELECT id, name FROM users", &[]).await? {
                let (id, name): (i32, String) = (row.get(0), row.get(1));
                if name == "poison" {
                    return Err("no slug for that".into());
                }
                let slug = format!("{}-{}", tx.tenant().unwrap(), name.to_lowercase());
                tx.execute("UPDATE users SET slug = $2 WHERE id = $1", &[&id, &slug]).await?;
            }
            Ok(())
        })
    }

    fn has_down(&self) -> bool {
        true
    }

    fn down<'a>(&'a self, tx: &'a mut MigrationTransaction<'_>) -> RustMigrationFuture<'a> {
        Box::pin(async move { Ok(tx.batch_execute("ALTER TABLE users DROP COLUMN slug").await?) })
    }
}

#[tokio::test]
async fn a_migration_in_rust_runs_among_the_files_bound_to_its_tenant() {
    let files = [USERS, ("0003_unique.sql", "CREATE UNIQUE INDEX slugs ON users (slug);")];
    let project = Project::with(&files[..1]).await;
    project.enrol(&["acme", "globex"]).await;
    migrate_all(&project.migrator().await).await;
    let client = project.client().await;
    let sql = "INSERT INTO tenant_acme.users VALUES (1, 'Ada'); \
               INSERT INTO tenant_globex.users VALUES (1, 'poison')";
    client.batch_execute(sql).await.unwrap();
    project.tenant_file(files[1].0, files[1].1);
    let migrator = project.migrator().await.tenant_migration(Slugs);
    let options = MigrateOptions::new().concurrency(1);
    let report = migrator.migrate_all(&options).await.unwrap();
    assert_eq!(report_of(&report, "acme").applied, ["0002_slugs", files[1].0]);
    let row = client.query_one("SELECT slug FROM tenant_acme.users", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "acme-ada");
    let error = report_of(&report, "globex").error.clone().unwrap();
    assert_eq!(error.to_string(), "0002_slugs: no slug for that");
    assert_eq!(project.ledger("tenant_globex").await, [USERS.0], "it was rolled back");

    let acme = [id("acme")];
    client.batch_execute("DROP INDEX tenant_acme.slugs").await.unwrap();
    client
        .batch_execute("DELETE FROM tenant_acme.tenantry_migrations WHERE number = 3")
        .await
        .unwrap();
    let report = migrator.rollback(Some(&acme), "1", &options).await.unwrap();
    assert_eq!(report.tenants[0].undone, ["0002_slugs"]);
    let made = migrator.create_tenant(tenantry::NewTenant::new(id("initech")), true).await.unwrap();
    assert_eq!(made.applied.len(), 3);
}

#[tokio::test]
async fn a_folder_can_be_part_of_the_program() {
    let project = Project::new().await;
    project.enrol(&["acme"]).await;
    project.tenant_file("0009_not_this.sql", "SELECT nonsense;");
    let files = embedded!("tests/migrate/embedded").unwrap();
    let migrator = Migrator::new(project.manager().await).tenant_migrations(files);
    let report = migrate_all(&migrator).await;
    assert_eq!(report_of(&report, "acme").applied, ["0001_users.sql"]);
    let report = migrator.rollback(None, "0", &MigrateOptions::new()).await.unwrap();
    assert_eq!(report.succeeded, 1);
}
