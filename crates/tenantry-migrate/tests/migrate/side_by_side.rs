use futures_util::future::join_all;
use tenantry_migrate::{MigrateOptions, Migrator};

use crate::support::{PROJECTS, Project, USERS};

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
