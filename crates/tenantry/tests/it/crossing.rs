//! No statement runs for a tenant but bound to it: tenants interleaved on few connections, futures
//! dropped anywhere, backends cancelled and killed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use tenantry::{Result, TenantDb, TenantId};

use crate::support::{World, until};

const CLIENTS: u64 = 24;
const TENANTS: usize = 12;
const ROUNDS: u32 = 120;

/// Counts what was seen, so that a test in which nothing works does not pass.
#[derive(Default)]
struct Seen {
    answers: AtomicU64,
    errors: AtomicU64,
    dropped: AtomicU64,
}

/// Everything that can be seen on a connection must be the tenant's own.
async fn look(db: &mut TenantDb, id: &TenantId) -> Result<()> {
    let rows = db.query("SELECT name FROM whose", &[]).await?;
    assert!(!rows.is_empty());
    for row in rows {
        let name: &str = row.get(0);
        assert_eq!(name.split('/').next(), Some(id.as_str()), "another tenant's row");
    }
    let row = db
        .query_one(
            "SELECT nullif(current_setting('app.who', true), ''), \
             (SELECT string_agg(c, ',') FROM pg_listening_channels() c), \
             (SELECT string_agg(name, ',') FROM pg_prepared_statements WHERE from_sql), \
             current_setting('search_path')",
            &[],
        )
        .await?;
    for column in 0..3 {
        let left: Option<&str> = row.get(column);
        assert!(left.is_none_or(|left| left == id.as_str()), "{left:?} was left for {id}");
    }
    assert_eq!(row.get::<_, &str>(3).replace('"', ""), format!("tenant_{id}, pg_temp"));
    Ok(())
}

async fn leave(db: &mut TenantDb, id: &TenantId, kind: u32) -> Result<()> {
    match kind {
        0 => db.query("SELECT set_config('app.who', $1, false)", &[&id.as_str()]).await.map(drop),
        1 => db.batch_execute(&format!("LISTEN {id}")).await,
        2 => db.batch_execute(&format!("PREPARE {id} AS SELECT name FROM whose")).await,
        3 => db.batch_execute(&format!("SET search_path = tenant_{id}, pg_temp")).await,
        4 => {
            db.batch_execute("CREATE TEMP TABLE IF NOT EXISTS whose AS SELECT 'evil/' AS name")
                .await
        }
        5 => db.batch_execute(&format!("COMMIT; SET search_path = tenant_{id}")).await,
        _ => db.batch_execute("BEGIN; SELECT pg_sleep(0.001)").await,
    }
}

async fn write(db: &mut TenantDb, id: &TenantId, number: u64) -> Result<()> {
    let mut tx = db.begin().await?;
    let name = format!("{id}/{number}");
    tx.execute("INSERT INTO whose (name) VALUES ($1) ON CONFLICT DO NOTHING", &[&name]).await?;
    let rows = tx.query("SELECT name FROM whose", &[]).await?;
    assert!(rows.iter().all(|row| row.get::<_, &str>(0).split('/').next() == Some(id.as_str())));
    tx.commit().await
}

async fn add(db: &mut TenantDb, id: &TenantId, number: u64) -> Result<()> {
    let name = format!("{id}/{number}");
    db.execute("INSERT INTO whose (name) VALUES ($1) ON CONFLICT DO NOTHING", &[&name]).await?;
    Ok(())
}

async fn client(world: Arc<World>, ids: Arc<Vec<TenantId>>, seed: u64, seen: Arc<Seen>) {
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 0..ROUNDS {
        let id = &ids[rng.random_range(0..ids.len())];
        // Now and then one tenant in a row, so that connections are held.
        let times = if rng.random_bool(0.1) { 12 } else { 1 };
        for _ in 0..times {
            let Ok(mut db) = world.tenants.db_checked(id).await else {
                continue;
            };
            let (kind, left) = (rng.random_range(0..12), rng.random_range(0..7));
            let work = async {
                match kind {
                    0..=5 => look(&mut db, id).await,
                    6 => add(&mut db, id, seed * 1000 + u64::from(round)).await,
                    7 | 8 => write(&mut db, id, seed * 1000 + u64::from(round)).await,
                    _ => leave(&mut db, id, left).await,
                }
            };
            let patience = Duration::from_micros(if rng.random_bool(0.3) {
                rng.random_range(0..4000)
            } else {
                5_000_000
            });
            match tokio::time::timeout(patience, work).await {
                Ok(Ok(())) => &seen.answers,
                Ok(Err(_)) => &seen.errors,
                Err(_) => &seen.dropped,
            }
            .fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Cancels and kills backends of the database at random, until told to stop.
async fn havoc(outside: tokio_postgres::Client, stop: Arc<AtomicBool>, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    while !stop.load(Ordering::Relaxed) {
        let strike =
            if rng.random_bool(0.02) { "pg_terminate_backend" } else { "pg_cancel_backend" };
        let sql = format!(
            "SELECT {strike}(pid) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND application_name = 'tenantry' ORDER BY random() LIMIT 2"
        );
        outside.batch_execute(&sql).await.unwrap();
        tokio::time::sleep(Duration::from_micros(rng.random_range(100..2000))).await;
    }
}

async fn hunt(seed: u64) {
    println!("seed {seed}");
    let world = World::with(|config| config.set("connection.max_connections", 5)).await;
    let ids = Arc::new(world.tenants(TENANTS).await);
    let world = Arc::new(world);
    let (seen, stop) = (Arc::new(Seen::default()), Arc::new(AtomicBool::new(false)));
    let havoc = tokio::spawn(havoc(world.db.connect().await, Arc::clone(&stop), seed));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (world, ids, seen) = (Arc::clone(&world), Arc::clone(&ids), Arc::clone(&seen));
            tokio::spawn(client(world, ids, seed + number, seen))
        })
        .collect();
    for client in clients {
        client.await.expect("no client saw another tenant");
    }
    stop.store(true, Ordering::Relaxed);
    havoc.await.unwrap();

    let [answers, errors, dropped] =
        [&seen.answers, &seen.errors, &seen.dropped].map(|count| count.load(Ordering::Relaxed));
    println!("{answers} answers, {errors} errors, {dropped} dropped");
    assert!(answers > 500 && errors > 20 && dropped > 50, "too little has happened");
    until("every connection comes back", async || world.tenants.pool_stats().in_use == 1).await;
    for id in ids.iter() {
        look(&mut world.tenants.db_checked(id).await.unwrap(), id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_ever_sees_another_tenant() {
    hunt(0x7e0a).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_ever_sees_another_tenant_with_other_luck() {
    hunt(rand::random_range(0..1_000_000)).await;
}

/// Cancels hit the binding, the statement and COMMIT alike. Where the binding is hit, the statement
/// behind it finds nobody's tables: what it would have written is nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_aimed_at_a_binding_writes_nothing_for_another_tenant() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    let outside = world.db.connect().await;
    let storm = tokio::spawn(async move {
        // A cancel every few hundred microseconds: the sum takes its time.
        let sql = "SELECT pg_cancel_backend(pid), \
                   (SELECT sum(x) FROM generate_series(1, 600 + g % 97 * 10) x) FROM \
                   (SELECT pid FROM pg_stat_activity WHERE application_name = 'tenantry' AND \
                    datname = current_database() AND query NOT LIKE '%last_value%') backend, \
                   generate_series(1, 40) g";
        while outside.batch_execute(sql).await.is_ok() {}
    });
    let (mut cancelled, mut number) = (0, 0);
    while (cancelled < 300 || number < 10_000) && number < 100_000 {
        let id = &ids[number % 2];
        let Ok(mut db) = world.tenants.db(id) else {
            continue;
        };
        match add(&mut db, id, number as u64).await {
            Ok(()) => {}
            Err(error) => cancelled += u32::from(error.sqlstate() == Some("57014")),
        }
        number += 1;
    }
    storm.abort();
    println!("{cancelled} of {number} cancelled");
    assert!(cancelled > 200, "too few were hit");
    for id in &ids {
        until("the storm is over", async || match world.tenants.db_checked(id).await {
            Ok(mut db) => look(&mut db, id).await.is_ok(),
            Err(_) => false,
        })
        .await;
    }
}
