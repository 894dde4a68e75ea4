//! What tenants cost in memory, by an allocator that counts. One test alone in its process, so that
//! nothing else is counted.

#![expect(clippy::unwrap_used, reason = "tests say what they expect by unwrapping")]

#[path = "../it/support.rs"]
#[expect(dead_code, reason = "some of it is for other tests")]
mod support;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::{StreamExt, stream};
use peak_alloc::PeakAlloc;
use tenantry::{Hooks, TenantId, TenantManager};
use tenantry_devdb::testing::TestDb;

use support::{World, config, until};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const MANY: usize = 10_000;
/// What a known, idle tenant may cost, all layers together.
const BYTES_PER_TENANT: usize = 2048;

fn id(kind: &str, number: usize) -> TenantId {
    TenantId::parse(&format!("{kind}-{number:05}")).unwrap()
}

/// The bytes in use, once what is only passing has gone.
async fn heap() -> usize {
    let (mut last, mut same) = (0, 0);
    until("the heap has settled", || {
        let now = HEAP.current_usage();
        same = if now.abs_diff(last) < MANY { same + 1 } else { 0 };
        last = now;
        std::future::ready(same > 50)
    })
    .await;
    last
}

/// Bytes more than at `before`, for each of many.
async fn each_since(before: usize) -> usize {
    heap().await.saturating_sub(before) / MANY
}

/// One statement for each of these tenants.
async fn use_all(tenants: &TenantManager, numbers: Range<usize>) {
    stream::iter(numbers)
        .for_each_concurrent(8, |number| async move {
            let found = tenants.tenant(&id("known", number)).await.unwrap();
            let mut db = tenants.db_of(&found).unwrap();
            db.query("SELECT 1", &[]).await.unwrap();
        })
        .await;
}

#[tokio::test]
async fn ten_thousand_tenants_cost_little_and_strangers_nothing() {
    let world = World::new().await;
    let worker = world.tenant("worker").await;
    // Its manager would hear of the tenants, too, and be counted.
    let World { tenants, db: database } = world;
    let _ = tenants.close().await;
    drop(tenants);
    let outside = database.connect().await;

    let evicted = Arc::new(AtomicU64::new(0));
    let hooks = {
        let (evicted, worker) = (Arc::clone(&evicted), worker.clone());
        Hooks::new().on_pool_evicted(move |id| {
            evicted.fetch_add(u64::from(*id == worker), Ordering::Relaxed);
        })
    };
    let loaded = config(&database.url())
        .set("connection.max_connections", 6)
        .set("isolation.max_pools", (MANY + 2) as i64)
        .load()
        .unwrap();
    let tenants = TenantManager::builder(loaded).hooks(hooks).connect().await.unwrap();
    // Somebody works all the while.
    let stop = Arc::new(AtomicBool::new(false));
    let working = {
        let (stop, mut db) = (Arc::clone(&stop), tenants.db(&worker).unwrap());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let row = db.query_one("SELECT name FROM whose", &[]).await.unwrap();
                assert_eq!(row.get::<_, &str>(0), "worker");
            }
        })
    };
    until("it works", async || tenants.has_pool(&worker)).await;

    let before = heap().await;
    for number in 0..MANY {
        let stranger = id("stranger", number);
        assert_eq!(tenants.tenant(&stranger).await.unwrap_err().code(), "TENANT_NOT_FOUND");
        assert!(tenants.db(&stranger).is_err() && !tenants.evict(&stranger));
    }
    let strangers = heap().await.saturating_sub(before);
    println!("{MANY} unknown ids: {strangers} bytes");
    assert!(strangers < 64 * 1024, "{strangers} bytes for tenants that are not there");

    // As a row usually is: with a domain and a plan.
    let before = heap().await;
    let sql = format!(
        "INSERT INTO tenantry.tenants (id, schema, plan) SELECT id, 'tenant_' || id, 'pro' FROM \
         (SELECT 'known-' || lpad(n::text, 5, '0') FROM generate_series(0, {MANY} - 1) n) s(id); \
         INSERT INTO tenantry.domains (domain, tenant) SELECT id || '.example.com', id FROM \
         tenantry.tenants WHERE id LIKE 'known-%'"
    );
    outside.batch_execute(&sql).await.unwrap();
    until("all are known", async || {
        tenants.tenant_by_domain(&format!("{}.example.com", id("known", MANY - 1))).await.is_ok()
    })
    .await;
    let known = each_since(before).await;

    use_all(&tenants, 0..MANY).await;
    let used = each_since(before).await;
    assert_eq!(tenants.pool_count(), MANY + 1);
    println!("each: {known} bytes in catalog and place, {} in the pool", used - known);
    assert!(used <= BYTES_PER_TENANT, "{used} bytes for each tenant that is known and idle");

    use_all(&tenants, 0..MANY / 10).await;
    let again = each_since(before).await;
    assert!(again <= used + used / 20, "{used} bytes became {again}");
    assert_eq!(evicted.load(Ordering::Relaxed), 0, "who works is not evicted");
    stop.store(true, Ordering::Relaxed);
    working.await.unwrap();
    let _ = tenants.close().await;
    drop(tenants);

    seen_once(&database, &worker).await;
}

/// Ten thousand tenants seen once, by a manager that keeps a hundred: memory is flat from then on,
/// and nobody who works is evicted.
async fn seen_once(database: &TestDb, worker: &TenantId) {
    let loaded = config(&database.url())
        .set("connection.max_connections", 6)
        .set("isolation.max_pools", 100)
        // A connection counts those it has served: so many numbers, and no more.
        .set("connection.max_tenants_per_connection", 0)
        .load()
        .unwrap();
    let before = heap().await;
    let tenants = TenantManager::connect(loaded).await.unwrap();
    println!("each, where all are read at the start: {} bytes", each_since(before).await);
    let mut db = tenants.db(worker).unwrap();
    let (step, mut once) = (50, 0);
    for number in (0..MANY).step_by(step) {
        use_all(&tenants, number..number + step).await;
        db.query("SELECT name FROM whose", &[]).await.unwrap();
        assert!(tenants.has_pool(worker) && tenants.pool_count() <= 100);
        // By then each connection has as many prepared statements as it keeps.
        if number == MANY / 5 {
            once = heap().await;
        }
    }
    let grown = heap().await.saturating_sub(once);
    println!("{} tenants more, seen once: {grown} bytes", MANY - MANY / 5);
    assert!(grown < 32 * 1024, "{grown} bytes more");
}
