//! Killed at any point, as often as one likes: what was done once is not done again, and nothing is
//! left half done. `TENANTRY_KILLS` says how often (`make soak` sets it to hundreds).

use std::time::{Duration, Instant};

use tenantry_devdb::testing::TestServer;
use tokio::process::{Child, Command};
use tokio_postgres::Client;

use crate::support::{Project, run};

const TENANTS: i64 = 10;

/// How many kills, and how long at most: every further one needs tenants to be left.
fn kills() -> usize {
    std::env::var("TENANTRY_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12)
}

/// Files that count how often each is applied, among them one without a transaction.
fn files(project: &Project) {
    let count =
        |number: usize| format!("INSERT INTO public.counted VALUES (current_schema(), {number});");
    project.file("migrations/tenant/0001_a.sql", &format!("CREATE TABLE a (id int); {}", count(1)));
    project.file(
        "migrations/tenant/0002_b.sql",
        &format!(
            "INSERT INTO a SELECT generate_series(1, 300); {} SELECT pg_sleep(0.01);",
            count(2)
        ),
    );
    project.file(
        "migrations/tenant/0003_index.sql",
        &format!(
            "-- tenantry: no-transaction\n{}\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n{}\n\
             CREATE UNIQUE INDEX CONCURRENTLY ON a (id);\nALTER TABLE a ADD COLUMN b int;\n",
            count(3),
            count(4),
        ),
    );
    project.file(
        "migrations/tenant/0004_c.sql",
        &format!("CREATE TABLE c (a int REFERENCES a (id)); {}", count(5)),
    );
}

/// Tenants with empty schemas, and none of the counts of those before.
async fn fresh(client: &Client) {
    let mut sql = "CREATE TABLE IF NOT EXISTS public.counted (schema text, number int); \
                   TRUNCATE public.counted;"
        .to_owned();
    for number in 0..TENANTS {
        sql.push_str(&format!(
            "DROP SCHEMA IF EXISTS tenant_t{number} CASCADE; CREATE SCHEMA tenant_t{number}; \
             INSERT INTO tenantry.tenants (id, schema) VALUES ('t{number}', 'tenant_t{number}') \
             ON CONFLICT (id) DO NOTHING;"
        ));
    }
    client.batch_execute(&sql).await.unwrap();
}

/// Everything is there, and each of it once.
async fn check(client: &Client) {
    let sql = "SELECT count(*), count(DISTINCT (schema, number)) FROM public.counted";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (5 * TENANTS, 5 * TENANTS));
    let sql = "SELECT count(*), count(*) FILTER (WHERE x.indisvalid) FROM pg_index x \
               JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
               WHERE n.nspname LIKE 'tenant_t%' AND t.relname = 'a'";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2 * TENANTS, 2 * TENANTS));
}

/// The next of some numbers that look like chance, and are the same each time.
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn migrating(project: &Project, url: &str) -> Child {
    let mut command = command(project, url, "migrate --all --concurrency 3");
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command.spawn().unwrap()
}

fn command(project: &Project, url: &str, line: &str) -> Command {
    let mut command = project.command(line);
    command.env("DATABASE_URL", url);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runner_may_be_killed_anywhere() {
    let project = Project::new().await;
    files(&project);
    let url = project.db.url();
    run(command(&project, &url, "migrate --all")).await;
    let client = project.client().await;
    let (mut state, mut killed) = (1, 0);
    let start = Instant::now();
    while killed < kills() && start.elapsed() < Duration::from_secs(600) {
        fresh(&client).await;
        // Some kills in each round, at moments of a run of half a second or so.
        for _ in 0..4 {
            let mut child = migrating(&project, &url);
            tokio::time::sleep(Duration::from_millis(20 + chance(&mut state) % 250)).await;
            killed += usize::from(child.try_wait().unwrap().is_none());
            child.kill().await.unwrap();
        }
        let ran = run(command(&project, &url, "--json migrate --all")).await;
        assert_eq!(ran.status, 0, "after {killed} kills: {}\n{}", ran.stdout, ran.stderr);
        check(&client).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_may_be_killed_anywhere() {
    let project = Project::new().await;
    files(&project);
    let server = TestServer::start().await.unwrap();
    let url = server.url("postgres");
    run(command(&project, &url, "migrate --all")).await;
    let connect = async || {
        let (client, connection) =
            tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    };
    let (mut state, mut killed) = (7, 0);
    let start = Instant::now();
    while killed < kills().div_ceil(4) && start.elapsed() < Duration::from_secs(600) {
        fresh(&connect().await).await;
        for _ in 0..2 {
            let mut child = migrating(&project, &url);
            tokio::time::sleep(Duration::from_millis(20 + chance(&mut state) % 250)).await;
            server.kill().await.unwrap();
            killed += 1;
            let status = child.wait().await.unwrap();
            assert!(status.code().is_some(), "it says so, and does not hang");
            server.restart().await.unwrap();
        }
        let ran = run(command(&project, &url, "--json migrate --all")).await;
        assert_eq!(ran.status, 0, "after {killed} kills: {}\n{}", ran.stdout, ran.stderr);
        check(&connect().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_runners_share_two_hundred_tenants_and_take_over_those_of_one_that_is_killed() {
    let project = Project::new().await;
    for number in 1..=2 {
        let sql = format!(
            "-- tenantry: lock_timeout = 1min\nSELECT pg_advisory_xact_lock_shared(7);\n\
             INSERT INTO public.counted VALUES (current_schema(), {number}, pg_backend_pid()); \
             SELECT pg_sleep(0.008);"
        );
        project.file(&format!("migrations/tenant/000{number}_count.sql"), &sql);
    }
    let url = project.db.url();
    run(command(&project, &url, "migrate --all")).await;
    let client = project.client().await;
    let mut sql = "CREATE TABLE public.counted (schema text, number int, pid int);".to_owned();
    for number in 0..200 {
        sql.push_str(&format!(
            "CREATE SCHEMA tenant_t{number}; \
             INSERT INTO tenantry.tenants (id, schema) VALUES ('t{number}', 'tenant_t{number}');"
        ));
    }
    client.batch_execute(&sql).await.unwrap();
    // Nobody goes on before all have begun, each with a tenant of its own.
    client.batch_execute("SELECT pg_advisory_lock(7)").await.unwrap();
    let line = "--json migrate --all --concurrency 1";
    let mut doomed = command(&project, &url, line).spawn().unwrap();
    let others: Vec<_> = (0..3).map(|_| tokio::spawn(run(command(&project, &url, line)))).collect();
    let counted = async || -> i64 {
        client.query_one("SELECT count(*) FROM public.counted", &[]).await.unwrap().get(0)
    };
    let waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database())";
    while client.query(waiting, &[]).await.unwrap().len() < 4 {
        tokio::task::yield_now().await;
    }
    client.batch_execute("SELECT pg_advisory_unlock(7)").await.unwrap();
    while counted().await < 60 {
        tokio::task::yield_now().await;
    }
    doomed.kill().await.unwrap();
    for other in others {
        let ran = other.await.unwrap();
        assert_eq!(ran.status, 0, "{}\n{}", ran.stdout, ran.stderr);
    }
    let sql = "SELECT count(*), count(DISTINCT (schema, number)) FROM public.counted";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (400, 400), "each once");
    let shares = "SELECT count(*) FROM public.counted GROUP BY pid ORDER BY 1 DESC LIMIT 3";
    let shares = client.query(shares, &[]).await.unwrap();
    assert!(shares.len() == 3, "the work was shared");
}
