//! Tenants and managers that end while they are used: soon, without taking anybody else with them,
//! and leaving nothing behind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tenantry::{Error, NewTenant, TenantDb, TenantId, TenantManager, TenantStatus};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::Client;

use crate::support::{World, config, until};

/// Clients that read until they are told to stop, or are told that there is no more to read.
struct Readers {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<Option<Error>>>,
}

impl Readers {
    fn start(tenants: &TenantManager, ids: &[TenantId], clients: usize) -> Self {
        let (stop, answers) = <(Arc<AtomicBool>, Arc<AtomicU64>)>::default();
        let tasks = (0..clients).map(|client| {
            let mut db = tenants.db(&ids[client % ids.len()]).unwrap();
            let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    match db.query_one("SELECT name FROM whose", &[]).await {
                        Ok(row) => assert_eq!(row.get::<_, &str>(0), db.tenant_id().as_str()),
                        Err(error) => return Some(error),
                    }
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                None
            })
        });
        let tasks = tasks.collect();
        Self { stop, answers, tasks }
    }

    /// Waits until another hundred answers have come.
    async fn are_at_work(&self) {
        let wanted = self.answers.load(Ordering::Relaxed) + 100;
        until("they read", async || self.answers.load(Ordering::Relaxed) > wanted).await;
    }

    /// What each of them was told in the end, if anything.
    async fn end(self) -> Vec<Option<Error>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut told = Vec::new();
        for task in self.tasks {
            told.push(task.await.expect("nobody's rows but its own"));
        }
        told
    }
}

async fn backends(outside: &Client, which: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
         application_name = 'tenantry' AND {which}"
    );
    outside.query_one(&sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evicting_under_load_stops_nobody_and_leaves_no_prepared_statement() {
    let world = World::new().await;
    let ids = world.tenants(6).await;
    let readers = Readers::start(&world.tenants, &ids, 24);
    let (mut evicted, mut round) = (0, 0);
    while evicted < 200 {
        evicted += u32::from(world.tenants.evict(&ids[round % ids.len()]));
        round += 1;
        if round % 50 == 0 {
            readers.are_at_work().await;
        }
    }
    assert!(readers.end().await.iter().all(Option::is_none), "nobody is told");
    for id in &ids {
        // Known again, whatever the last eviction fell upon.
        world.tenants.db(id).unwrap().query("SELECT name FROM whose", &[]).await.unwrap();
        assert!(world.tenants.evict(id));
    }
    assert_eq!(world.tenants.pool_count(), 0);
    let watcher = world.tenant("watcher").await;
    let db = world.tenants.db(&watcher).unwrap();
    let sql =
        "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT name FROM whose'";
    // Whichever connections there are: all of the budget at once, save the listener's.
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(db.begin().await.unwrap());
    }
    for mut tx in all {
        let left: i64 = tx.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(left, 0);
        tx.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_under_load_ends_soon_and_leaves_no_connection() {
    let world = World::new().await;
    let ids = world.tenants(6).await;
    let outside = world.db.connect().await;
    let readers = Readers::start(&world.tenants, &ids, 24);
    readers.are_at_work().await;
    let mut slow = world.tenants.db(&ids[0]).unwrap();
    let slow = tokio::spawn(async move { slow.query("SELECT pg_sleep(0.5)", &[]).await });
    until("it works", async || backends(&outside, "query ~ 'pg_sleep'").await == 1).await;
    let mut abandoned = world.tenants.db(&ids[1]).unwrap();
    let abandoned = abandoned.query("SELECT pg_sleep(60)", &[]);
    timeout(Duration::from_millis(200), abandoned).await.unwrap_err();

    let start = Instant::now();
    let report = world.tenants.close().await;
    let took = start.elapsed();
    assert_eq!((report.left, backends(&outside, "true").await), (0, 0));
    assert!(took < Duration::from_secs(3), "{took:?}");
    println!("closed after {took:?}");
    slow.await.unwrap().expect("what ran was let finish");
    for told in readers.end().await {
        assert!(matches!(told, Some(Error::PoolClosed)), "{told:?}");
    }
    let again = world.tenants.close().await;
    assert_eq!(again.left, 0, "closing twice is no harm");
}

#[tokio::test]
async fn a_manager_that_is_dropped_leaves_no_connection_either() {
    let world = World::new().await;
    let ids = world.tenants(4).await;
    let outside = world.db.connect().await;
    let readers = Readers::start(&world.tenants, &ids, 8);
    readers.are_at_work().await;
    readers.end().await;
    let World { tenants, db: _database } = world;
    drop(tenants);
    until("all have ended", async || backends(&outside, "true").await == 0).await;
}

/// A tenant goes while it is used, here and in another process.
#[tokio::test]
async fn nothing_is_bound_to_a_tenant_that_has_been_dropped() {
    let world = World::new().await;
    let ids = world.tenants(3).await;
    let other = TenantManager::connect(config(&world.db.url()).load().unwrap()).await.unwrap();
    let outside = world.db.connect().await;
    outside.batch_execute("CREATE TABLE public.log (id text, at timestamptz)").await.unwrap();
    let writer = |tenants: &TenantManager, from: &'static str| {
        let mut db = tenants.db(&ids[0]).unwrap();
        tokio::spawn(async move {
            loop {
                let sql = "INSERT INTO public.log SELECT $1 || name, now() FROM whose";
                if let Err(error) = db.execute(sql, &[&from]).await {
                    return error;
                }
            }
        })
    };
    let here: Vec<_> = (0..8).map(|_| writer(&world.tenants, "here ")).collect();
    let there: Vec<_> = (0..8).map(|_| writer(&other, "there ")).collect();
    let readers = Readers::start(&world.tenants, &ids[1..], 8);
    readers.are_at_work().await;

    world.tenants.catalog().delete(&ids[0]).await.unwrap();
    let now = "SELECT clock_timestamp()::text";
    let gone: String = outside.query_one(now, &[]).await.unwrap().get(0);
    for writer in here.into_iter().chain(there) {
        let told = timeout(Duration::from_secs(1), writer).await;
        let error = told.expect("everybody hears of it within a second").unwrap();
        assert_eq!(error.code(), "TENANT_NOT_FOUND", "{error}");
    }
    let start = Instant::now();
    outside.batch_execute("DROP SCHEMA tenant_t0 CASCADE").await.unwrap();
    println!("the schema was dropped in {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(backends(&outside, "state <> 'idle' AND query ~ 'public.log'").await, 0);

    // What was on its way at that moment arrives; nothing sets out any more.
    let sql = "SELECT count(*) FILTER (WHERE at > $1::text::timestamptz + interval '250 ms'), \
               count(*) FROM public.log WHERE id = 'here t0'";
    let row = outside.query_one(sql, &[&gone]).await.unwrap();
    let (late, all): (i64, i64) = (row.get(0), row.get(1));
    assert!(late == 0 && all > 10, "{late} of {all} were bound after it was gone");
    readers.are_at_work().await;
    assert!(readers.end().await.iter().all(Option::is_none), "nobody else is told");
}

#[tokio::test]
async fn those_who_wait_for_a_tenant_that_is_dropped_hear_of_it_at_once() {
    let world = World::with(|config| config.set("connection.max_connections", 3)).await;
    let ids = world.tenants(2).await;
    let busy = world.tenants.db(&ids[1]).unwrap();
    let taken = [busy.begin().await.unwrap(), busy.begin().await.unwrap()];
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let mut db = world.tenants.db(&ids[0]).unwrap();
            tokio::spawn(async move { db.query("SELECT 1", &[]).await.map(drop) })
        })
        .collect();
    until("they wait", async || world.tenants.pool_stats().waiting == 10).await;
    let outside = world.db.connect().await;
    outside.batch_execute("DELETE FROM tenantry.tenants WHERE id = 't0'").await.unwrap();
    for waiter in waiting {
        let told = timeout(Duration::from_secs(1), waiter).await.expect("at once").unwrap();
        assert_eq!(told.unwrap_err().code(), "TENANT_NOT_FOUND");
    }
    for tx in taken {
        tx.rollback().await.unwrap();
    }
}

/// The same name, again and again, with other columns and other rows.
#[tokio::test]
async fn a_tenant_made_again_under_its_name_has_nothing_of_the_old_one() {
    let world = World::new().await;
    let id = TenantId::parse("acme").unwrap();
    let mut olds: Vec<TenantDb> = Vec::new();
    for generation in 0..12 {
        world.tenants.catalog().create(NewTenant::new(id.clone())).await.unwrap();
        let columns = ["name text", "name text, note text", "note int, name text"][generation % 3];
        let sql = format!(
            "CREATE SCHEMA tenant_acme; CREATE TABLE tenant_acme.whose ({columns}); \
             INSERT INTO tenant_acme.whose (name) VALUES ('acme {generation}')"
        );
        world.tenants.shared().batch_execute(&sql).await.unwrap();
        let db = world.tenants.db(&id).unwrap();
        // On several connections, and on one that comes to be held.
        for side_by_side in [3, 1, 1, 1, 1, 1, 1] {
            let asking = (0..side_by_side).map(|_| {
                let mut db = db.clone();
                async move { db.query("SELECT * FROM whose", &[]).await }
            });
            for rows in futures_util::future::join_all(asking).await {
                let rows = rows.unwrap();
                let names: Vec<&str> = rows.iter().map(|row| row.get("name")).collect();
                assert_eq!(names, [format!("acme {generation}")]);
                assert_eq!(rows[0].len(), columns.split(',').count());
            }
        }
        for old in &mut olds {
            let error = old.query("SELECT * FROM whose", &[]).await.unwrap_err();
            assert!(matches!(error, Error::TenantMoved(_)), "{error}");
        }
        olds.push(db);
        world.tenants.catalog().delete(&id).await.unwrap();
        world.tenants.shared().batch_execute("DROP SCHEMA tenant_acme CASCADE").await.unwrap();
    }
}

/// Who waits while its tenant is evicted goes on, and may prepare statements after it: there must
/// be a way to close those, too.
#[tokio::test]
async fn what_is_prepared_after_an_eviction_is_closed_by_the_next() {
    let world = World::with(|config| config.set("connection.max_connections", 2)).await;
    let ids = world.tenants(2).await;
    let (mut evicted, mut other) =
        (world.tenants.db(&ids[0]).unwrap(), world.tenants.db(&ids[1]).unwrap());
    let taken = other.begin().await.unwrap();
    let waiting = tokio::spawn(async move { evicted.query("SELECT name FROM whose", &[]).await });
    until("it waits", async || world.tenants.pool_stats().waiting == 1).await;
    assert!(world.tenants.evict(&ids[0]));
    taken.rollback().await.unwrap();
    waiting.await.unwrap().expect("it goes on");
    world.tenants.evict(&ids[0]);
    let sql =
        "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT name FROM whose'";
    let left: i64 = other.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

/// Drops a tenant, and makes another of its name.
async fn made_anew(world: &World, id: &TenantId) {
    world.tenants.catalog().delete(id).await.unwrap();
    let shared = &mut world.tenants.shared();
    shared.batch_execute(&format!("DROP SCHEMA tenant_{id} CASCADE")).await.unwrap();
    world.tenant(id.as_str()).await;
    let anew = format!("UPDATE tenant_{id}.whose SET name = 'made anew'");
    shared.batch_execute(&anew).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_outlives_its_tenant_does_not_see_the_one_made_anew() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut tx = world.tenants.db(&id).unwrap().begin().await.unwrap();
    made_anew(&world, &id).await;
    let seen = tx.query("SELECT name FROM whose", &[]).await;
    let seen = seen.map(|rows| rows.iter().map(|row| row.get(0)).collect::<Vec<String>>());
    assert!(seen.is_err(), "{seen:?}");
}

#[tokio::test]
async fn a_transaction_that_outlives_its_tenant_does_not_write_to_the_one_made_anew() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut tx = world.tenants.db(&id).unwrap().begin().await.unwrap();
    made_anew(&world, &id).await;
    let _ = tx.execute("INSERT INTO whose (name) VALUES ('of the old one')", &[]).await;
    let _ = tx.commit().await;
    let mut db = world.tenants.db(&id).unwrap();
    let rows = db.query("SELECT name FROM whose", &[]).await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(names, ["made anew"]);
}

#[tokio::test]
async fn a_session_that_outlives_its_tenant_does_not_see_the_one_made_anew() {
    let world = World::new().await;
    let id = world.tenant("acme").await;
    let mut session = world.tenants.session(&id).await.unwrap();
    made_anew(&world, &id).await;
    let seen = session.query("SELECT name FROM whose", &[]).await;
    let seen = seen.map(|rows| rows.iter().map(|row| row.get(0)).collect::<Vec<String>>());
    assert!(seen.is_err(), "{seen:?}");
}

/// Something that runs for long, on the tenant's own table.
fn slow(world: &World, id: &TenantId, seconds: f64) -> JoinHandle<Result<(), Error>> {
    let mut db = world.tenants.db(id).unwrap();
    let sql = format!("SELECT pg_sleep({seconds}) FROM whose");
    tokio::spawn(async move { db.query(&sql, &[]).await.map(drop) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_past_the_deadline_of_closing_is_cut_off_and_named() {
    let world = World::with(|config| config.set("connection.max_connections", 8)).await;
    let ids = world.tenants(3).await;
    let outside = world.db.connect().await;
    let long = [slow(&world, &ids[0], 60.0), slow(&world, &ids[0], 60.0)];
    let short = slow(&world, &ids[1], 0.8);
    // One that runs nothing, and holds a lock.
    let mut idle = world.tenants.db(&ids[2]).unwrap().begin().await.unwrap();
    idle.execute("UPDATE whose SET name = 'never'", &[]).await.unwrap();
    let mut session = world.tenants.shared_session().await.unwrap();
    session.batch_execute("SELECT pg_advisory_lock(1)").await.unwrap();
    until("they run", async || backends(&outside, "query ~ 'pg_sleep'").await == 3).await;

    let start = Instant::now();
    let report = world.tenants.close_within(Duration::from_secs(2)).await;
    let took = start.elapsed();
    println!("closed after {took:?}: {report:?}");
    assert_eq!((report.left, backends(&outside, "true").await), (0, 0));
    assert!(took < Duration::from_millis(3_500), "{took:?}");
    let mut cut_off: Vec<_> = report
        .cut_off
        .iter()
        .map(|cut| (cut.tenant.as_ref().map(TenantId::as_str), cut.connections))
        .collect();
    cut_off.sort_unstable();
    assert_eq!(cut_off, [(None, 1), (Some("t0"), 2), (Some("t2"), 1)]);
    short.await.unwrap().expect("what ended in time was let finish");
    for told in long {
        let error = told.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::PoolClosed), "{error:?}");
    }
    let error = idle.commit().await.unwrap_err();
    assert!(matches!(error, Error::PoolClosed), "{error:?}");
    session.batch_execute("SELECT 1").await.unwrap_err();
    let kept = outside.query_one("SELECT name FROM tenant_t2.whose", &[]).await.unwrap();
    assert_eq!(kept.get::<_, &str>(0), "t2", "it was rolled back");
    drop(session);
    let again = world.tenants.close().await;
    assert_eq!((again.left, again.cut_off.len()), (0, 0));
}

/// In every process; so nobody waits for the schema's locks for longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_for_a_tenant_that_is_dropped_ends_within_seconds_and_nothing_else_does() {
    let world = World::with(|config| config.set("connection.max_connections", 8)).await;
    let other = TenantManager::connect(config(&world.db.url()).load().unwrap()).await.unwrap();
    let ids = world.tenants(3).await;
    let outside = world.db.connect().await;
    let (gone, archived, stays) =
        (slow(&world, &ids[0], 60.0), slow(&world, &ids[1], 60.0), slow(&world, &ids[2], 8.0));
    until("they run", async || backends(&outside, "query ~ 'pg_sleep'").await == 3).await;
    let start = Instant::now();
    assert!(world.tenants.evict(&ids[2]), "which stops nothing");
    other.catalog().delete(&ids[0]).await.unwrap();
    other.catalog().set_status(&ids[1], TenantStatus::Archived).await.unwrap();
    let drop_both = "DROP SCHEMA tenant_t0 CASCADE; DROP SCHEMA tenant_t1 CASCADE";
    outside.batch_execute(drop_both).await.unwrap();
    let took = start.elapsed();
    println!("both schemas were dropped after {took:?}");
    assert!((Duration::from_secs(4)..Duration::from_millis(7_500)).contains(&took), "{took:?}");
    let error = gone.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::TenantMoved(_)), "{error:?}");
    let error = archived.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::TenantArchived(_)), "{error:?}");
    stays.await.unwrap().expect("nobody else is cut off");
    assert_eq!(backends(&outside, "query ~ 'pg_sleep' AND state = 'active'").await, 0);
}
