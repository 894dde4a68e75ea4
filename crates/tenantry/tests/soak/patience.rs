//! What takes seconds by its nature: connections that never come back, and work that outlasts a
//! close.

use std::time::{Duration, Instant};

use tenantry::TenantManager;
use tokio::time::timeout;

use crate::{
    proxy::{Keeps, Proxy},
    support::{World, config, until},
};

/// How long a connection may take to be given up: two seconds to clean it, three to close it, and
/// some for a busy machine.
const GIVEN_UP: Duration = Duration::from_secs(8);
/// How long a close may take, which waits ten seconds for work to end.
const CLOSED: Duration = Duration::from_secs(12);

/// A statement's answer never comes, nor anything else on its connection: the caller gives up, and
/// after a while so does the pool.
#[tokio::test]
async fn a_connection_that_never_answers_again_is_given_up_and_replaced() {
    for keeps in [Keeps::Request, Keeps::Answer] {
        let world = World::new().await;
        let ids = world.tenants(2).await;
        let proxy = Proxy::before(&world.db.url()).await;
        let loaded = config(&proxy.url()).set("connection.max_connections", 2).load().unwrap();
        let tenants = TenantManager::connect(loaded).await.unwrap();
        let mut db = tenants.db(&ids[0]).unwrap();
        proxy.set_trap("'never'", keeps);
        let asking = db.query("SELECT 'never'", &[]);
        timeout(Duration::from_millis(300), asking).await.unwrap_err();
        proxy.sprung().await;
        let start = Instant::now();
        let mut other = tenants.db(&ids[1]).unwrap();
        while other.query("SELECT 1", &[]).await.is_err() {
            assert!(start.elapsed() < GIVEN_UP, "{:?}", tenants.pool_stats());
        }
        println!("{keeps:?}: given up after {:.1?}", start.elapsed());
        assert!(tenants.pool_stats().total() <= 2);
    }
}

/// Work that outlasts the ten seconds of a close.
#[tokio::test]
async fn a_close_that_is_outlasted_cuts_off_what_is_left() {
    let world = World::new().await;
    let ids = world.tenants(3).await;
    let outside = world.db.connect().await;
    let outlasting: Vec<_> = (0..2)
        .map(|which| {
            let mut db = world.tenants.db(&ids[which]).unwrap();
            tokio::spawn(async move { db.query("SELECT pg_sleep(60)", &[]).await.map(drop) })
        })
        .collect();
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
                application_name = 'tenantry'";
    let count = async || {
        let count: i64 = outside.query_one(left, &[]).await.unwrap().get(0);
        usize::try_from(count).unwrap()
    };
    until("they work", async || world.tenants.pool_stats().in_use == 3).await;
    let start = Instant::now();
    let report = world.tenants.close().await;
    println!("{report:?} after {:.1?}", start.elapsed());
    assert!(start.elapsed() < CLOSED);
    assert_eq!((report.left, count().await), (0, 0), "what outlasted it was cut off");
    assert_eq!(report.cut_off.iter().map(|cut| cut.connections).sum::<usize>(), 2);
    for work in outlasting {
        work.await.unwrap().unwrap_err();
    }
    until("nothing is left in the end", async || count().await == 0).await;
}
