use futures_util::future::join_all;
use tenantry_migrate::{MigrateHooks, MigrateOptions, Migrator};

use crate::support::{PROJECTS, Project, USERS, migrate_all, report_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_runners_at_once_apply_each_file_once() {
    let project = Project::with(&[
        USERS,
        PROJECTS,
        ("0003_count.sql", "INSERT INTO public.counted VALUES (current_schema());"),
        ("0004_slow.sql", "SELECT pg_sleep(0.002);"),
        ("0005_count.sql", "INSERT INTO public.counted VALUES (current_schema());"),
    ])
    .await;
    let client = project.client().await;
    client.batch_execute("CREATE TABLE public.counted (schema text)").await.unwrap();
    let ids: Vec<String> = (0..20).map(|number| format!("t{number:02}")).collect();
    project.enrol(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;

    let runners: Vec<Migrator> = join_all((0..3).map(|_| project.migrator())).await;
    let options = MigrateOptions::new().concurrency(5);
    let reports = join_all(runners.iter().map(|runner| runner.migrate_all(&options))).await;
    let mut applied = 0;
    for report in reports {
        let report = report.unwrap();
        assert!(report.is_success(), "{:?}", report.failures().next());
        applied += report.tenants.iter().map(|tenant| tenant.applied.len()).sum::<usize>();
    }
    assert_eq!(applied, 20 * 5, "each file is in one report");
    let sql = "SELECT count(*), count(DISTINCT schema) FROM public.counted";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (40, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_budget_is_never_passed_whatever_the_concurrency() {
    let project = Project::with(&[USERS, ("0002_slow.sql", "SELECT pg_sleep(0.02);")]).await;
    let ids: Vec<String> = (0..30).map(|number| format!("t{number:02}")).collect();
    project.enrol(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let config = project
        .config()
        .set("connection.max_connections", 4)
        .set("connection.url", format!("{}?application_name=budgeted", project.db.url()))
        .load()
        .unwrap();
    let migrator = Migrator::new(tenantry::TenantManager::connect(config).await.unwrap());
    let client = project.client().await;
    let options = MigrateOptions::new().concurrency(100);
    let migrating = migrator.migrate_all(&options);
    tokio::pin!(migrating);
    let mut most = 0;
    let report = loop {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'budgeted'";
        tokio::select! {
            report = &mut migrating => break report.unwrap(),
            row = client.query_one(sql, &[]) => most = most.max(row.unwrap().get::<_, i64>(0)),
        }
    };
    assert_eq!(report.succeeded, 30, "{:?}", report.failures().next());
    assert!((2..=4).contains(&most), "{most} connections");
}

/// Does something in a schema only.
fn only_in(schema: &str, what: &str) -> String {
    format!("DO $$ BEGIN IF current_schema() = '{schema}' THEN {what}; END IF; END $$;")
}

#[tokio::test]
async fn what_one_tenants_files_leave_in_the_session_does_not_reach_the_next_tenant() {
    let left = "CREATE TEMP TABLE left_over (); PREPARE left_over AS SELECT 1; \
                SELECT pg_advisory_lock(4711); LISTEN left_over;";
    let look = "INSERT INTO public.found \
                SELECT current_schema(), 'table' FROM pg_class WHERE relname = 'left_over' UNION ALL \
                SELECT current_schema(), 'statement' FROM pg_prepared_statements \
                WHERE name = 'left_over' UNION ALL \
                SELECT current_schema(), 'lock' FROM pg_locks WHERE objid = 4711 UNION ALL \
                SELECT current_schema(), 'channel' FROM pg_listening_channels();";
    let project = Project::with(&[("0001_look.sql", look), ("0002_left.sql", left)]).await;
    let client = project.client().await;
    client.batch_execute("CREATE TABLE public.found (schema text, what text)").await.unwrap();
    project.enrol(&["acme", "globex", "initech"]).await;
    let options = MigrateOptions::new().concurrency(1);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!(report.succeeded, 3, "{report:?}");
    let sql = "SELECT schema || ': ' || what FROM public.found";
    let found = client.query(sql, &[]).await.unwrap();
    let found: Vec<&str> = found.iter().map(|row| row.get(0)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_session_that_is_lost_fails_its_tenant_alone() {
    let end = only_in("tenant_acme", "PERFORM pg_terminate_backend(pg_backend_pid())");
    let project = Project::with(&[USERS, ("0002_end.sql", &end)]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    let options = MigrateOptions::new().concurrency(1);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.succeeded, report.failed), (2, 1), "{report:?}");
    let error = report_of(&report, "acme").error.as_ref().unwrap();
    assert_eq!((error.code, error.file.as_deref()), ("DATABASE_UNAVAILABLE", Some("0002_end.sql")));
}

#[tokio::test]
async fn a_ledger_or_schema_that_goes_meanwhile_is_looked_at_again() {
    let users = ("0001_users.sql", "CREATE TABLE IF NOT EXISTS users ();");
    let project = Project::with(&[users]).await;
    project.enrol(&["acme", "globex", "initech"]).await;
    migrate_all(&project.migrator().await).await;
    project.tenant_file("0002_more.sql", "CREATE TABLE more ();");
    // All ledgers have been read by the time that the first tenant is done.
    let client = std::sync::Arc::new(project.client().await);
    let hooks = MigrateHooks::new().after_tenant(move |report| {
        let client = std::sync::Arc::clone(&client);
        async move {
            if report.id.as_str() == "acme" {
                let take = "DROP TABLE tenant_globex.tenantry_migrations; \
                            DROP SCHEMA tenant_initech CASCADE";
                client.batch_execute(take).await?;
            }
            Ok(())
        }
    });
    let options = MigrateOptions::new().concurrency(1).hooks(hooks);
    let report = project.migrator().await.migrate_all(&options).await.unwrap();
    assert_eq!((report.succeeded, report.failed), (2, 1), "{report:?}");
    assert_eq!(report_of(&report, "globex").applied, ["0001_users.sql", "0002_more.sql"]);
    let error = report_of(&report, "initech").error.as_ref().unwrap();
    assert_eq!(error.code, "SCHEMA_MISSING");
}

#[tokio::test]
async fn what_another_has_recorded_meanwhile_is_not_applied_again() {
    let files = [("0001_a.sql", "CREATE TABLE a ()"), ("0002_b.sql", "CREATE TABLE b ()")];
    // Before the first file the schema's lock is not taken yet, before the second one it is.
    for (name, number) in [("0001_a.sql", 1), ("0002_b.sql", 2)] {
        let project = Project::with(&files[..1]).await;
        project.enrol(&["acme"]).await;
        migrate_all(&project.migrator().await).await;
        let client = std::sync::Arc::new(project.client().await);
        client.batch_execute("DELETE FROM tenant_acme.tenantry_migrations").await.unwrap();
        client.batch_execute("DROP TABLE tenant_acme.a").await.unwrap();
        project.tenant_file(files[1].0, files[1].1);
        let theirs = format!(
            "INSERT INTO tenant_acme.tenantry_migrations VALUES \
             ({number}, '{name}', '{}', now(), 1) ON CONFLICT DO NOTHING",
            project.checksum(name)
        );
        let hooks = MigrateHooks::new().before_migration(move |event| {
            let (client, theirs) = (std::sync::Arc::clone(&client), theirs.clone());
            async move {
                if *event.migration == *name {
                    client.batch_execute(&theirs).await?;
                }
                Ok(())
            }
        });
        let options = MigrateOptions::new().hooks(hooks);
        let report = project.migrator().await.migrate_all(&options).await.unwrap();
        assert_eq!(report.succeeded, 1, "{report:?}");
        let ours = files.iter().map(|file| file.0).filter(|file| *file != name);
        assert_eq!(report_of(&report, "acme").applied, ours.collect::<Vec<_>>());
        let theirs = if number == 1 { "b" } else { "a" };
        assert_eq!(project.tables("tenant_acme").await, [theirs, "tenantry_migrations"]);
    }
}

#[tokio::test]
async fn one_session_migrates_many_tenants_and_is_given_back() {
    let count = "INSERT INTO public.sessions VALUES (pg_backend_pid());";
    let project = Project::with(&[("0001_count.sql", count), ("0002_count.sql", count)]).await;
    let client = project.client().await;
    client.batch_execute("CREATE TABLE public.sessions (pid int)").await.unwrap();
    let ids: Vec<String> = (0..20).map(|number| format!("t{number:02}")).collect();
    project.enrol(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let migrator = project.migrator().await;
    let options = MigrateOptions::new().concurrency(2);
    assert_eq!(migrator.migrate_all(&options).await.unwrap().succeeded, 20);
    let sql = "SELECT count(*), count(DISTINCT pid) FROM public.sessions";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (40, 2));
    assert_eq!(migrator.manager().close().await.left, 0);
}
