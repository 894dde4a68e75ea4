use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tenantry::{
    Error, HealthOptions, HealthStatus, Hooks, TenantId, TenantManager, WarmupOptions,
    WarmupProgress,
};

use crate::support::{World, config, until};

#[tokio::test]
async fn a_pool_begins_with_use_and_ends_by_eviction_and_the_hooks_hear_of_it() {
    let world = World::new().await;
    let ids = world.tenants(2).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = |what: &'static str| {
        let heard = Arc::clone(&heard);
        move |id: &TenantId| heard.lock().unwrap().push(format!("{what} {id}"))
    };
    let errors = Arc::clone(&heard);
    let hooks = Hooks::new()
        .on_pool_created(hear("created"))
        .on_pool_evicted(hear("evicted"))
        .on_error(move |id, error| {
            errors.lock().unwrap().push(format!("{id} {}", error.sqlstate().unwrap_or("-")));
        });
    let config = config(&world.db.url()).load().unwrap();
    let tenants = TenantManager::builder(config).hooks(hooks).connect().await.unwrap();
    let mut db = tenants.db(&ids[0]).unwrap();
    assert!(!tenants.has_pool(&ids[0]), "a handle is no pool yet");
    for _ in 0..9 {
        db.query("SELECT 1 FROM whose", &[]).await.unwrap();
    }
    assert!(tenants.has_pool(&ids[0]));
    assert_eq!((tenants.pool_count(), tenants.active_tenants()), (1, vec![ids[0].clone()]));
    let metrics = tenants.metrics();
    let mine = &metrics.pools.tenants[0];
    assert_eq!((mine.connections.total, mine.connections.idle), (1, 1), "held, and unused");
    db.query("SELECT 1 FROM nowhere", &[]).await.unwrap_err();
    assert!(tenants.evict(&ids[0]));
    assert!(!tenants.evict(&ids[0]));
    assert_eq!(tenants.pool_count(), 0);
    db.query("SELECT 1 FROM whose", &[]).await.unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        ["created t0", "t0 42P01", "evicted t0", "created t0"].map(ToOwned::to_owned)
    );
}

#[tokio::test]
async fn metrics_tell_what_the_connections_did() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    for _ in 0..4 {
        for id in &ids {
            world.tenants.db(id).unwrap().query("SELECT 1", &[]).await.unwrap();
        }
    }
    let told = serde_json::to_value(world.tenants.metrics()).unwrap();
    let connections = &told["connections"];
    let number = |key: &str| connections[key].as_u64().unwrap();
    assert_eq!((number("maxConnections"), number("total"), number("inUse")), (2, 2, 1));
    assert_eq!((number("opened"), number("closed"), number("waiting")), (2, 0, 0));
    assert!(number("homeHits") >= 8 && number("leases") >= number("homeHits"), "{connections}");
    let reasons = connections["closedBy"].as_object().unwrap();
    assert_eq!(reasons.len(), tenantry::CloseReason::ALL.len());
    assert!(told["statements"]["bindings"].as_u64() >= Some(8), "{told}");
    assert!(told["statements"]["resets"].as_u64() >= Some(7), "{told}");
    assert_eq!(told["statements"]["maxPrepared"], 5_000);
    let holder = world.tenants.db(&ids[0]).unwrap().begin().await.unwrap();
    let waiting = tokio::spawn({
        let mut db = world.tenants.db(&ids[1]).unwrap();
        async move { db.query("SELECT 1", &[]).await.map(drop) }
    });
    until("it waits", async || world.tenants.budget().waiting == 1).await;
    assert_eq!(world.tenants.budget().in_use, 2);
    holder.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
    assert!(world.tenants.budget().waits >= 1);
}

#[tokio::test]
async fn the_least_recently_used_pool_goes_first() {
    let world = World::with(|config| config.set("isolation.max_pools", 3)).await;
    let ids = world.tenants(4).await;
    for id in &ids {
        world.tenants.db(id).unwrap().query("SELECT 1", &[]).await.unwrap();
    }
    assert!(!world.tenants.has_pool(&ids[0]));
    assert!(
        ids[1..].iter().all(|id| world.tenants.has_pool(id)),
        "the shared schema has no part in it"
    );
    assert_eq!(world.tenants.pool_count(), 3);
}

#[tokio::test]
async fn warming_up_names_who_was_warm_and_who_failed() {
    let world = World::new().await;
    let mut ids = world.tenants(3).await;
    world.tenants.db(&ids[0]).unwrap().query("SELECT 1", &[]).await.unwrap();
    ids.push(TenantId::parse("nobody").unwrap());
    let started = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&started);
    let options = WarmupOptions::default().concurrency(2).on_progress(move |_, progress| {
        if progress == WarmupProgress::Starting {
            counting.fetch_add(1, Ordering::Relaxed);
        }
    });
    let result = world.tenants.warmup(&ids, options).await;
    assert_eq!((result.total, result.succeeded, result.failed), (4, 3, 1));
    assert_eq!((result.already_warm, started.load(Ordering::Relaxed)), (1, 4));
    assert_eq!(result.details[3].error.as_deref(), Some("there is no tenant \"nobody\""));
    assert_eq!(world.tenants.pool_count(), 3);
}

#[tokio::test]
async fn health_looks_at_the_tenants_in_use_and_at_the_shared_schema() {
    let world = World::new().await;
    let ids = world.tenants(2).await;
    for id in &ids {
        world.tenants.db(id).unwrap().query("SELECT 1", &[]).await.unwrap();
    }
    let health = world.tenants.health(HealthOptions::default()).await;
    assert!(health.healthy);
    assert_eq!((health.total_pools, health.unhealthy_pools), (2, 0));
    assert_eq!(health.shared_db, HealthStatus::Ok);
    let nobody = TenantId::parse("nobody").unwrap();
    let health = world.tenants.health(HealthOptions::default().tenants([nobody])).await;
    assert!(!health.healthy);
    let json = serde_json::to_value(&health).unwrap();
    assert_eq!(json["pools"][0]["tenantId"], "nobody");
    assert_eq!(json["pools"][0]["status"], "unhealthy");
    assert!(json["sharedDbResponseTimeMs"].is_u64());
}

#[tokio::test]
async fn a_full_budget_is_a_timeout_that_says_so() {
    let world = World::with(|config| {
        config.set("connection.max_connections", 2).set("connection.acquire_timeout", "200ms")
    })
    .await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let tx = db.begin().await.unwrap();
    let error = db.query("SELECT 1", &[]).await.unwrap_err();
    assert_eq!(error.code(), "POOL_TIMEOUT");
    assert!(error.to_string().contains("2 of 2 in use"), "{error}");
    tx.rollback().await.unwrap();
    db.query("SELECT 1", &[]).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_is_an_error_at_once() {
    let world = World::with(|config| {
        config.set("connection.max_connections", 2).set("connection.max_waiters", 1)
    })
    .await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let tx = db.begin().await.unwrap();
    let mut waiting = db.clone();
    let waiting = tokio::spawn(async move { waiting.query("SELECT 1", &[]).await });
    until("one waits", async || world.tenants.pool_stats().waiting == 1).await;
    let error = db.query("SELECT 1", &[]).await.unwrap_err();
    assert_eq!(error.code(), "POOL_SATURATED");
    assert_eq!(
        error.to_string(),
        "1 callers wait for a connection already, and connection.max_waiters is 1: 2 of 2 in use"
    );
    tx.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
    db.query("SELECT 1", &[]).await.unwrap();
}

#[tokio::test]
async fn closing_lets_work_finish_refuses_more_and_leaves_no_connection() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut working = world.tenants.db(&id).unwrap();
    let mut later = working.clone();
    let work = tokio::spawn(async move { working.query("SELECT pg_sleep(0.3)", &[]).await });
    until("it works", async || world.tenants.pool_stats().in_use == 2).await;
    let report = world.tenants.close().await;
    assert_eq!(report.left, 0);
    work.await.unwrap().expect("it was let finish");
    assert!(matches!(later.query("SELECT 1", &[]).await, Err(Error::PoolClosed)));
    let outside = world.db.connect().await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
               application_name = 'tenantry'";
    let left = outside.query_one(sql, &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_dropped_statement_is_cancelled_and_its_connection_kept() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let id = world.tenant("acme").await;
    let mut db = world.tenants.db(&id).unwrap();
    let pid: i32 = db.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let sleep = db.query("SELECT pg_sleep(60)", &[]);
    tokio::time::timeout(Duration::from_millis(50), sleep).await.unwrap_err();
    let row = db.query_one("SELECT pg_backend_pid()", &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), pid);
}

#[tokio::test]
async fn an_extension_schema_must_hold_no_tables_and_let_nobody_create() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let connect = async || {
        let config = config(&world.db.url()).set("isolation.extension_schemas", vec!["extensions"]);
        TenantManager::connect(config.load().unwrap()).await
    };
    let mut shared = world.tenants.shared();
    for (sql, reason) in [
        ("SELECT 1", "there is no such schema"),
        ("CREATE SCHEMA extensions; CREATE TABLE extensions.t (id int)", "it holds \"t\""),
        (
            "DROP TABLE extensions.t; GRANT CREATE ON SCHEMA extensions TO PUBLIC",
            "everybody may create in it",
        ),
    ] {
        shared.batch_execute(sql).await.unwrap();
        let error = connect().await.unwrap_err();
        assert_eq!(error.code(), "CONFIG_INVALID");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let sql = "REVOKE CREATE ON SCHEMA extensions FROM PUBLIC; \
               CREATE FUNCTION extensions.seven() RETURNS int LANGUAGE sql AS 'SELECT 7'";
    shared.batch_execute(sql).await.unwrap();
    let mut db = connect().await.unwrap().db(&id).unwrap();
    assert_eq!(db.query_one("SELECT seven()", &[]).await.unwrap().get::<_, i32>(0), 7);
}

#[tokio::test]
async fn fallthrough_is_the_old_habit_for_those_who_ask_for_it() {
    let world = World::with(|config| config.set("isolation.fallthrough", true)).await;
    let id = world.tenant("acme").await;
    world.tenants.shared().batch_execute("CREATE TABLE plans (name text)").await.unwrap();
    world.tenants.db(&id).unwrap().query("SELECT * FROM plans", &[]).await.unwrap();
}
