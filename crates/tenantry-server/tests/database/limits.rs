use std::time::Duration;

use crate::support::World;

#[tokio::test]
async fn a_slow_statement_is_cancelled() {
    let world = World::with(|config| config.statement_timeout = Duration::from_millis(200)).await;
    let slow = "SELECT count(*) FROM generate_series(1, 1000000000)";
    let told = world.error(&format!("await db.query('{slow}')")).await;
    insta::assert_snapshot!(told, @"QUERY_TIMEOUT 504: the statement took longer than limits.query_time");
    let told = world.error(&format!("await db.transaction(async (tx) => {{ try {{ await tx.query('{slow}') }} catch {{}} await tx.users.count() }})")).await;
    assert!(told.starts_with("TRANSACTION_ENDED"), "{told}");
    assert_eq!(world.json("return await db.users.count()").await, "2");
}

#[tokio::test]
async fn a_result_is_no_larger_than_it_may_be() {
    let world = World::with(|config| {
        config.max_rows = 100;
        config.max_bytes = 100_000;
    })
    .await;
    for sql in [
        "SELECT generate_series(1, 101)",
        "SELECT generate_series(1, 2000000000)",
        "SELECT repeat('x', 50000) FROM generate_series(1, 3)",
        "SELECT repeat('x', 50000000)",
        "INSERT INTO posts (title) SELECT 'x' FROM generate_series(1, 200) RETURNING id",
    ] {
        let told = world.error(&format!("await db.query(`{sql}`)")).await;
        assert!(told.starts_with("RESULT_TOO_LARGE"), "{sql}: {told}");
    }
    assert_eq!(
        world.json("return (await db.query('SELECT generate_series(1, 100)')).length").await,
        "100"
    );
    assert_eq!(world.json("return await db.users.count()").await, "2");
}

#[tokio::test]
async fn one_tenants_slow_statements_leave_connections_to_the_others() {
    // The pool has six connections.
    let world = World::with(|config| config.max_open_per_request = 50).await;
    let slow = world
        .isolate("await Promise.all(Array.from({ length: 40 }, () => db.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch(() => 0)))")
        .await;
    let flood = world.acme().task();
    let flood = tokio::spawn(async move { slow.run("run", vec![Default::default()], flood).await });
    let beta = tenantry::TenantId::parse("beta").expect("an id");
    let mut db = world.manager.db(&beta).expect("a tenant");
    // Acme has all that it may have.
    let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%generate_series(1, 1000000000)%' AND pid <> pg_backend_pid()";
    let watch = world.db.connect().await;
    while watch.query_one(running, &[]).await.expect("a count").get::<_, i64>(0) < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        let asked = db.query("SELECT 1", &[]);
        tokio::time::timeout(Duration::from_secs(2), asked).await.expect("in time").expect("a row");
    }
    flood.abort();
}

#[tokio::test]
async fn a_tenant_has_so_many_statements_under_way_and_others_wait_or_are_refused() {
    let world = World::with(|config| {
        config.max_open = 2;
        config.max_open_per_request = 3;
    })
    .await;
    let json = world.json("const all = await Promise.all(Array.from({ length: 50 }, (_, at) => db.query('SELECT $1::int AS at', [at]))); return all.every(([row], at) => row.at === at)").await;
    assert_eq!(json, "true");
    let world = World::with(|config| {
        config.max_open = 1;
        config.max_waiting = 1;
        config.max_open_per_request = 10;
        config.statement_timeout = Duration::from_millis(300);
    })
    .await;
    let json = world.json("const slow = () => db.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch((error) => error.code); await db.query('SELECT 1'); const codes = await Promise.all([slow(), slow(), slow()]); return codes.sort()").await;
    assert_eq!(json, r#"["DATABASE_BUSY","QUERY_TIMEOUT","QUERY_TIMEOUT"]"#);
}
