use crate::support::{Project, run};

/// Kills a migrating process some time after it began, until a run has nothing left to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_run_again_each_migration_is_applied_once() {
    let count =
        "INSERT INTO public.counted VALUES (current_schema(), NUMBER); SELECT pg_sleep(0.01);";
    let project = Project::new().await;
    for number in 1..=5 {
        let sql = count.replace("NUMBER", &number.to_string());
        project.file(&format!("migrations/tenant/000{number}_count.sql"), &sql);
    }
    let client = project.client().await;
    client.batch_execute("CREATE TABLE public.counted (schema text, number int)").await.unwrap();
    let ids: Vec<String> = (0..12).map(|number| format!("t{number:02}")).collect();
    let mut sql = String::new();
    for id in &ids {
        sql.push_str(&format!(
            "CREATE SCHEMA tenant_{id}; \
             INSERT INTO tenantry.tenants (id, schema) VALUES ('{id}', 'tenant_{id}');"
        ));
    }
    project.run("migrate --all").await.done();
    client.batch_execute(&sql).await.unwrap();

    let applied = async || -> i64 {
        client.query_one("SELECT count(*) FROM counted", &[]).await.unwrap().get(0)
    };
    // Each process gets a few files further than the one before.
    for target in [1, 9, 23, 24, 42] {
        let mut migrating = project.command("migrate --all --concurrency 3").spawn().unwrap();
        while applied().await < target {
            tokio::task::yield_now().await;
        }
        migrating.kill().await.unwrap();
    }
    let killed_at = applied().await;
    assert!(killed_at < 60, "it was killed in the middle");
    let ran = run(project.command("--json migrate --all")).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let sql = "SELECT count(*), count(DISTINCT (schema, number)) FROM counted";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (60, 60));
    assert_eq!(project.run("status --check").await.status, 0);
}
