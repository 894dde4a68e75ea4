//! The network between pool and PostgreSQL fails: timeouts hold, nothing hangs, the budget comes
//! back whole, and service with it.

use std::time::{Duration, Instant};

use tenantry::{Error, TenantDb, TenantId, TenantManager, config::ConfigLoader};
use tokio::time::timeout;

use crate::{
    proxy::{Cut, Keeps, Proxy},
    support::{World, config, until},
};

/// The budget; one of it is the catalog's listener's.
const BUDGET: usize = 4;
const SHORT: Duration = Duration::from_millis(300);

/// A manager that reaches PostgreSQL through a proxy.
struct Line {
    proxy: Proxy,
    tenants: TenantManager,
    ids: Vec<TenantId>,
    outside: tokio_postgres::Client,
    _world: World,
}

impl Line {
    async fn new() -> Self {
        Self::with(|config| config).await
    }

    async fn with(configure: impl FnOnce(ConfigLoader) -> ConfigLoader) -> Self {
        let world = World::new().await;
        let ids = world.tenants(BUDGET).await;
        let proxy = Proxy::before(&world.db.url()).await;
        let config = config(&proxy.url())
            .set("connection.max_connections", BUDGET as i64)
            .set("connection.acquire_timeout", "300ms")
            .set("connection.connect_timeout", "300ms")
            .set("connection.retry.max_attempts", 1);
        let tenants = TenantManager::connect(configure(config).load().unwrap()).await.unwrap();
        let outside = world.db.connect().await;
        Self { proxy, tenants, ids, outside, _world: world }
    }

    /// Waits until the index counts no more, and then until it counts again.
    async fn is_heard_again(&self) {
        until("the index counts no more", async || {
            matches!(self.tenants.db(&self.ids[0]), Err(Error::CatalogStale(_)))
        })
        .await;
        let start = Instant::now();
        until("the catalog is heard", async || self.tenants.db(&self.ids[0]).is_ok()).await;
        println!("heard again after {:?}", start.elapsed());
    }

    /// Handles that need no look into the catalog.
    fn handles(&self) -> Vec<TenantDb> {
        self.ids.iter().map(|id| self.tenants.db(id).unwrap()).collect()
    }

    /// How many backends PostgreSQL has for the manager.
    async fn backends(&self) -> usize {
        count(&self.outside, "true").await
    }

    /// Waits until the whole budget can be used at once, by several tenants, and nothing is left
    /// of what was before.
    async fn is_whole_again(&self) {
        let handles = self.handles_soon().await;
        until("the whole budget is there", async || {
            let mut open = Vec::new();
            for db in &handles[..BUDGET - 1] {
                match db.begin().await {
                    Ok(tx) => open.push(tx),
                    Err(_) => return false,
                }
            }
            for (tx, id) in open.iter_mut().zip(&self.ids) {
                match tx.query_one("SELECT name FROM whose ORDER BY id LIMIT 1", &[]).await {
                    Ok(row) => assert_eq!(row.get::<_, &str>(0), id.as_str()),
                    Err(_) => return false,
                }
            }
            assert!(self.tenants.pool_stats().total() <= BUDGET);
            for tx in open {
                tx.rollback().await.unwrap();
            }
            true
        })
        .await;
        until("only the listener works", async || {
            let stats = self.tenants.pool_stats();
            (stats.in_use, stats.waiting, stats.cleaning, stats.closing) == (1, 0, 0, 0)
        })
        .await;
        let metrics = self.tenants.metrics();
        for pool in metrics.pools.tenants {
            assert_eq!(pool.connections.total, pool.connections.idle, "{}", pool.tenant_id);
            assert_eq!(pool.connections.waiting, 0);
        }
        until("PostgreSQL has as many backends as the pool connections", async || {
            self.backends().await == self.tenants.pool_stats().total()
        })
        .await;
    }

    /// Handles, once the catalog is heard.
    async fn handles_soon(&self) -> Vec<TenantDb> {
        until("the catalog is heard", async || self.tenants.db(&self.ids[0]).is_ok()).await;
        self.handles()
    }
}

async fn count(outside: &tokio_postgres::Client, which: &str) -> usize {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
         application_name = 'proxied' AND {which}"
    );
    let count: i64 = outside.query_one(&sql, &[]).await.unwrap().get(0);
    usize::try_from(count).unwrap()
}

async fn name(db: &mut TenantDb) -> tenantry::Result<String> {
    Ok(db.query_one("SELECT name FROM whose", &[]).await?.get(0))
}

#[tokio::test]
async fn connections_that_are_cut_are_errors_that_say_where_and_are_replaced() {
    for how in [Cut::Rst, Cut::Fin] {
        let line = Line::new().await;
        let working =
            line.handles().into_iter().take(2).map(|mut db| {
                tokio::spawn(async move { db.query("SELECT pg_sleep(1)", &[]).await })
            });
        let working: Vec<_> = working.collect();
        until("both work", async || count(&line.outside, "query ~ 'pg_sleep'").await == 2).await;
        line.proxy.cut(how);
        for work in working {
            let ended = timeout(SHORT, work).await.expect("it is told at once").unwrap();
            let error = ended.unwrap_err();
            assert_eq!(error.code(), "DATABASE_UNAVAILABLE", "{how:?}: {error}");
            assert!(error.to_string().contains(&line.proxy.address()), "{error}");
        }
        let start = Instant::now();
        until("service is back", async || name(&mut line.handles_soon().await[3]).await.is_ok())
            .await;
        println!("{how:?}: service is back after {:?}", start.elapsed());
        line.is_whole_again().await;
    }
}

#[tokio::test]
async fn a_frozen_network_costs_each_caller_its_own_timeout_and_no_more() {
    let line = Line::new().await;
    for db in &mut line.handles() {
        name(db).await.unwrap();
    }
    let handles = line.handles();
    line.proxy.freeze();
    let patience = Duration::from_secs(1);
    let callers = (0..12).map(|caller| {
        let mut db = handles[caller % handles.len()].clone();
        tokio::spawn(async move {
            let start = Instant::now();
            let answer = timeout(patience, name(&mut db)).await;
            (answer, start.elapsed())
        })
    });
    let (mut refused, mut gave_up) = (0, 0);
    for caller in callers.collect::<Vec<_>>() {
        match caller.await.unwrap() {
            (Ok(Err(error)), took) => {
                assert_eq!(error.code(), "POOL_TIMEOUT", "{error}");
                assert!(took >= SHORT && took < SHORT * 3, "{took:?}");
                refused += 1;
            }
            (Err(_), _) => gave_up += 1,
            (Ok(Ok(name)), _) => panic!("{name} came through a frozen network"),
        }
    }
    assert!(refused >= 12 - BUDGET && gave_up >= 1, "{refused} refused, {gave_up} gave up");
    assert!(line.backends().await <= BUDGET);
    line.proxy.thaw();
    let start = Instant::now();
    line.is_whole_again().await;
    println!("whole again after {:?}", start.elapsed());
}

#[tokio::test]
async fn a_connect_that_hangs_is_given_up_after_connect_timeout() {
    let mut line = Line::with(|config| config.set("connection.acquire_timeout", "2s")).await;
    let db = line.handles().remove(0);
    name(&mut db.clone()).await.unwrap();
    line.proxy.drop_syns().await;
    line.proxy.cut(Cut::Rst);
    for _ in 0..3 {
        let start = Instant::now();
        let asked = timeout(SHORT * 4, name(&mut db.clone())).await;
        let error = asked.expect("connect_timeout holds").unwrap_err();
        assert_eq!(error.code(), "DATABASE_UNAVAILABLE", "{error}");
        assert!(error.to_string().contains(&line.proxy.address()), "{error}");
        println!("{:?}: {error}", start.elapsed());
    }
    let start = Instant::now();
    let error = TenantManager::connect(line.tenants.config().clone()).await.unwrap_err();
    assert_eq!(error.code(), "DATABASE_UNAVAILABLE", "{error}");
    assert!(start.elapsed() >= SHORT && start.elapsed() < SHORT * 6, "{:?}", start.elapsed());
    assert_eq!(line.backends().await, 0);
    line.proxy.take_syns();
    let start = Instant::now();
    until("service is back", async || name(&mut db.clone()).await.is_ok()).await;
    println!("service is back after {:?}", start.elapsed());
    line.is_whole_again().await;
}

/// Freezes one connection where `bytes` are sent on it while `work` is done, whose caller gives up.
/// Meanwhile everybody else is served; when the connection thaws, nothing is lost.
async fn frozen_in_the_middle(
    bytes: &str,
    keeps: Keeps,
    work: impl AsyncFnOnce(TenantDb) -> tenantry::Result<()>,
) {
    let line = Line::new().await;
    let mut handles = line.handles();
    line.proxy.set_trap(bytes, keeps);
    let working = timeout(SHORT, work(handles[0].clone()));
    let (gave_up, ()) = tokio::join!(working, line.proxy.sprung());
    assert!(gave_up.is_err(), "{bytes}: it was answered");
    for round in 0..20 {
        let which = 1 + round % 3;
        let answer = timeout(SHORT, name(&mut handles[which])).await;
        assert_eq!(answer.expect("others are served").unwrap(), line.ids[which].as_str());
    }
    assert!(line.backends().await <= BUDGET);
    line.proxy.thaw();
    line.is_whole_again().await;
}

#[tokio::test]
async fn a_statement_frozen_in_the_middle_stops_nobody_else() {
    for keeps in [Keeps::Request, Keeps::Answer] {
        frozen_in_the_middle("'the middle'", keeps, async |mut db| {
            db.query("SELECT 'the middle'", &[]).await.map(drop)
        })
        .await;
    }
}

#[tokio::test]
async fn a_commit_frozen_in_the_middle_stops_nobody_else_and_is_whole_or_not_at_all() {
    for keeps in [Keeps::Request, Keeps::Answer] {
        frozen_in_the_middle("COMMIT", keeps, async |db| {
            let mut tx = db.begin().await?;
            let sql = "INSERT INTO whose (name) VALUES ('one'), ('two')";
            tx.execute(sql, &[]).await?;
            tx.commit().await
        })
        .await;
    }
}

#[tokio::test]
async fn a_transaction_whose_commit_was_not_heard_is_there_or_not_but_never_in_part() {
    for keeps in [Keeps::Request, Keeps::Answer] {
        let line = Line::new().await;
        let mut tx = line.handles()[0].begin().await.unwrap();
        for name in ["one", "two"] {
            tx.execute("INSERT INTO whose (name) VALUES ($1)", &[&name]).await.unwrap();
        }
        line.proxy.set_trap("COMMIT", keeps);
        let (gave_up, ()) = tokio::join!(timeout(SHORT, tx.commit()), line.proxy.sprung());
        assert!(gave_up.is_err());
        let count = "SELECT count(*) FROM tenant_t0.whose";
        if keeps == Keeps::Answer {
            until("it is committed, though nobody heard", async || {
                line.outside.query_one(count, &[]).await.unwrap().get::<_, i64>(0) == 3
            })
            .await;
        }
        line.proxy.cut(Cut::Rst);
        line.proxy.thaw();
        line.is_whole_again().await;
        let count: i64 = line.outside.query_one(count, &[]).await.unwrap().get(0);
        assert_eq!(count, if keeps == Keeps::Answer { 3 } else { 1 });
    }
}

/// With a budget of one, a tenant that has had it to itself, and another who comes then: what is
/// frozen is whatever makes the connection the other's.
#[tokio::test]
async fn a_change_of_tenants_frozen_in_the_middle_shows_nobody_the_other() {
    for keeps in [Keeps::Request, Keeps::Answer] {
        let world = World::new().await;
        let ids = world.tenants(3).await;
        let proxy = Proxy::before(&world.db.url()).await;
        let config = config(&proxy.url()).set("connection.max_connections", 2);
        let tenants = TenantManager::builder(config.load().unwrap()).without_listener();
        let tenants = tenants.connect().await.unwrap();
        let (mut a, mut b) = (tenants.db(&ids[0]).unwrap(), tenants.db(&ids[1]).unwrap());
        // One connection is taken; the other is held for a in the end.
        let other = tenants.db(&ids[2]).unwrap().begin().await.unwrap();
        a.query("SELECT set_config('app.user', 'a', false)", &[]).await.unwrap();
        for _ in 0..12 {
            name(&mut a).await.unwrap();
        }
        proxy.set_trap("", keeps);
        let (gave_up, ()) = tokio::join!(timeout(SHORT, name(&mut b)), proxy.sprung());
        assert!(gave_up.is_err(), "it was answered");
        other.rollback().await.unwrap();
        assert_eq!(timeout(SHORT, name(&mut b)).await.unwrap().unwrap(), "t1", "on another one");
        proxy.thaw();
        until("all is cleaned", async || {
            let stats = tenants.pool_stats();
            stats.cleaning + stats.closing + stats.in_use == 0
        })
        .await;
        for (db, whose) in [(&mut b, "t1"), (&mut a, "t0")] {
            let sql = "SELECT name, nullif(current_setting('app.user', true), '') FROM whose";
            let row = db.query_one(sql, &[]).await.unwrap();
            assert_eq!((row.get(0), row.get::<_, Option<&str>>(1)), (whose, None));
        }
    }
}

#[tokio::test]
async fn a_cancel_request_that_hangs_stops_nobody_else() {
    let line = Line::new().await;
    let mut handles = line.handles();
    line.proxy.freeze_cancels();
    let sleep = handles[0].query("SELECT pg_sleep(60)", &[]);
    timeout(SHORT, sleep).await.unwrap_err();
    for round in 0..20 {
        let which = 1 + round % 3;
        let answer = timeout(SHORT, name(&mut handles[which])).await;
        assert_eq!(answer.expect("others are served").unwrap(), line.ids[which].as_str());
    }
    assert!(line.backends().await <= BUDGET);
    line.proxy.thaw();
    line.is_whole_again().await;
    assert_eq!(count(&line.outside, "query ~ 'pg_sleep' AND state = 'active'").await, 0);
}

/// A statement that comes often costs one round trip: what binds and ends it rides along.
#[tokio::test]
async fn on_a_slow_network_a_statement_waits_for_one_round_trip() {
    let line = Line::with(|config| config.set("connection.acquire_timeout", "5s")).await;
    let mut handles = line.handles();
    for _ in 0..3 {
        for db in &mut handles {
            name(db).await.unwrap();
        }
    }
    let (one_way, rounds) = (Duration::from_millis(40), 3);
    line.proxy.delay(one_way);
    let mut quickest = Duration::MAX;
    for _ in 0..rounds {
        for (db, id) in handles.iter_mut().zip(&line.ids) {
            let start = Instant::now();
            assert_eq!(name(db).await.unwrap(), id.as_str());
            quickest = quickest.min(start.elapsed());
        }
    }
    println!("{quickest:?} at {one_way:?} each way");
    assert!(quickest >= one_way * 2 && quickest < one_way * 4, "{quickest:?}");
    line.proxy.delay(Duration::ZERO);
    line.is_whole_again().await;
}

/// A router has forgotten the listener's connection: nobody is told, and nothing comes through on it
/// any more.
#[tokio::test]
async fn the_catalog_is_heard_again_where_the_listeners_connection_is_forgotten() {
    let line = Line::new().await;
    assert_eq!(line.backends().await, 1, "there is no other");
    line.proxy.freeze_existing();
    line.is_heard_again().await;
}

/// As it is by default: `acquire_timeout` and `connect_timeout` are the same.
#[tokio::test]
async fn a_caller_who_gives_up_while_a_connect_hangs_is_told_what_hangs() {
    let mut line = Line::new().await;
    let mut db = line.handles().remove(0);
    line.proxy.drop_syns().await;
    line.proxy.cut(Cut::Rst);
    until("the old connections are gone", async || line.backends().await == 0).await;
    for _ in 0..3 {
        let asked = timeout(SHORT * 4, name(&mut db)).await;
        let error = asked.expect("acquire_timeout holds").unwrap_err();
        assert!(["DATABASE_UNAVAILABLE", "POOL_TIMEOUT"].contains(&error.code()), "{error}");
        assert!(error.to_string().contains(&line.proxy.address()), "{error}");
    }
    line.proxy.take_syns();
}

/// A router has forgotten every connection, idle ones, too: nobody is told, and nothing comes
/// through on them any more. The listener must not be deaf for ever.
#[tokio::test]
async fn the_catalog_is_heard_again_where_all_old_connections_are_forgotten() {
    let line = Line::new().await;
    let begun: Vec<_> = line.handles().into_iter().take(BUDGET - 1).collect();
    let mut open = Vec::new();
    for db in &begun {
        open.push(db.begin().await.unwrap());
    }
    for tx in open {
        tx.rollback().await.unwrap();
    }
    assert_eq!(line.tenants.pool_stats().idle, BUDGET - 1);
    line.proxy.freeze_existing();
    line.is_heard_again().await;
}

/// PostgreSQL does not notice by itself that nobody waits for a statement any more: it would go on with
/// each that was running, beside the connections that take the places of those that were cut.
#[tokio::test]
async fn statements_whose_connections_were_cut_do_not_add_to_the_budget() {
    let line = Line::new().await;
    for _ in 0..2 {
        let working: Vec<_> = line.handles_soon().await[..BUDGET - 1]
            .iter()
            .cloned()
            .map(|mut db| {
                tokio::spawn(async move { db.query("SELECT pg_sleep(60)", &[]).await.map(drop) })
            })
            .collect();
        until("all work", async || line.tenants.pool_stats().in_use == BUDGET).await;
        line.proxy.cut(Cut::Rst);
        for work in working {
            work.await.unwrap().unwrap_err();
        }
    }
    let asleep = async || count(&line.outside, "query ~ 'pg_sleep' AND state = 'active'").await;
    println!("{} statements that nobody waits for, and a budget of {BUDGET}", asleep().await);
    until("statements that nobody waits for are cancelled", async || asleep().await == 0).await;
}

#[tokio::test]
async fn where_the_first_of_two_hosts_hangs_the_second_is_tried() {
    let world = World::new().await;
    let ids = world.tenants(1).await;
    let mut hangs = Proxy::before(&world.db.url()).await;
    hangs.drop_syns().await;
    let works = Proxy::before(&world.db.url()).await;
    let url =
        works.url().replace(&works.address(), &format!("{},{}", hangs.address(), works.address()));
    let config = config(&url)
        .set("connection.connect_timeout", "300ms")
        .set("connection.retry.max_attempts", 1)
        .load()
        .expect("a URL of two hosts");
    let tenants = TenantManager::connect(config).await.expect("one of them works");
    assert_eq!(name(&mut tenants.db(&ids[0]).unwrap()).await.unwrap(), "t0");
}

/// Where nothing is sent, only the kernel's keepalive tells that the other side is gone. Linux shows
/// by each socket which timer it has: 02 is keepalive's.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn idle_connections_ask_whether_the_other_side_is_there() {
    let line = Line::new().await;
    for db in &mut line.handles() {
        name(db).await.unwrap();
    }
    let port: u16 = line.proxy.address().split(':').nth(1).unwrap().parse().unwrap();
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let to_proxy = sockets
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[2].ends_with(&format!(":{port:04X}")) && fields[3] == "01");
    let timers: Vec<&str> = to_proxy.map(|fields| &fields[5][..2]).collect();
    assert!(!timers.is_empty() && timers.iter().all(|timer| *timer == "02"), "{timers:?}");
}
