//! Connections are closed when they are of no more use, and opened ahead of use.

use std::time::Duration;

use tenantry_pool::{CloseReason, Condition};

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn connections_nobody_uses_are_closed() {
    let (pool, world) = pool(3, |config| config.idle_timeout = Duration::from_secs(10));
    let places = targets(3);
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    drop(all.await);
    assert_eq!(pool.stats().idle, 3);
    pass(12_000).await;
    assert_eq!((pool.stats().total(), world.alive()), (0, 0));
    assert_eq!(world.heard("closed Idle"), 3);
}

#[tokio::test(start_paused = true)]
async fn old_connections_are_closed_when_they_come_back() {
    let (pool, world) = pool(1, |config| config.max_lifetime = Duration::from_secs(60));
    let target = &targets(1)[0];
    let lease = pool.acquire(target).await.unwrap();
    pass(61_000).await;
    drop(lease);
    pass(10).await;
    assert_eq!(world.heard("closed Lifetime"), 1);
}

#[tokio::test(start_paused = true)]
async fn connections_opened_together_do_not_end_together() {
    let (pool, _) = pool(20, |config| {
        config.max_lifetime = Duration::from_secs(100);
        config.idle_timeout = Duration::from_secs(1000);
        config.min_idle = 20;
    });
    let places = targets(20);
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    drop(all.await);
    let ended = || pool.stats().counters.closed_by(CloseReason::Lifetime);
    pass(79_000).await;
    assert_eq!(ended(), 0, "none in the first four fifths");
    let mut before = 0;
    for _ in 79..100 {
        pass(1_000).await;
        assert!(ended() - before <= 1, "one at a time");
        before = ended();
    }
    assert!(before >= 15, "{before} of 20 were replaced before their time was up");
    pass(3_000).await;
    assert!(ended() >= 20 && pool.stats().idle >= 19, "{:?}", pool.stats());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_served_many_targets_is_replaced() {
    let (pool, world) = pool(1, |config| config.max_targets_per_connection = 3);
    let places = targets(4);
    for target in [0, 1, 0, 1, 0] {
        drop(pool.acquire(&places[target]).await.unwrap());
    }
    assert_eq!(pool.stats().idle, 1, "two targets, however often");
    drop(pool.acquire(&places[2]).await.unwrap());
    assert_eq!(pool.stats().closing, 1);
    assert_eq!(pool.acquire(&places[3]).await.unwrap().number, 1);
    assert_eq!(world.heard("closed ManyTargets"), 1);
    assert_eq!(pool.stats().counters.closed_by(CloseReason::ManyTargets), 1);
}

#[tokio::test(start_paused = true)]
async fn however_many_are_due_one_connection_is_replaced_at_a_time() {
    let (pool, world) = pool(8, |config| config.max_targets_per_connection = 1);
    let places = targets(8);
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    drop(all.await);
    let stats = pool.stats();
    assert_eq!((stats.closing, stats.idle), (1, 7), "the others go on working");
    for _ in 0..50 {
        let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
        drop(all.await);
        assert!(pool.stats().closing <= 1, "{:?}", pool.stats());
    }
    assert!(world.heard("closed ManyTargets") > 20);
}

#[tokio::test(start_paused = true)]
async fn at_least_so_many_connections_are_kept_open() {
    let (pool, world) = pool(4, |config| {
        config.min_idle = 2;
        config.idle_timeout = Duration::from_secs(5);
        config.max_lifetime = Duration::from_secs(3600);
    });
    pass(3_000).await;
    assert_eq!(pool.stats().total(), 0, "there is nothing to connect to yet");
    let places = targets(4);
    drop(pool.acquire(&places[0]).await.unwrap());
    pass(2_000).await;
    assert_eq!(pool.stats().idle, 2, "one more was opened in the background");
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    drop(all.await);
    assert_eq!(pool.stats().idle, 4);
    pass(60_000).await;
    assert_eq!((pool.stats().idle, world.heard("closed Idle")), (2, 2));
    pool.acquire(&places[0]).await.unwrap().condition = Condition::Broken;
    pass(2_000).await;
    assert_eq!(pool.stats().idle, 2, "what is lost is made good");
}
