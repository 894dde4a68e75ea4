//! What the pool tells of itself.

use std::{sync::Arc, time::Duration};

use tenantry_pool::Condition;

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn leases_are_counted_by_what_they_found() {
    let (pool, _) = pool(2, |_| {});
    let places = targets(1);
    let id = places[0].id();
    let mut lease = pool.acquire(&places[0]).await.unwrap();
    lease.condition = Condition::Rest { held_for: Some(id) };
    drop(lease);
    assert_eq!((pool.stats().idle, pool.stats().held), (1, 1));
    let first = pool.acquire(&places[0]).await.unwrap();
    let second = pool.acquire(&places[0]).await.unwrap();
    let counters = pool.stats().counters;
    assert_eq!((counters.leases, counters.warm, counters.held), (3, 1, 1));
    assert_eq!((counters.waits, counters.opened), (2, 2));
    assert_eq!(counters.wait_time, Duration::from_millis(6), "two connections took 3 ms each");
    assert_eq!(counters.home + counters.strangers, counters.leases - u64::from(!first.is_home()));
    drop((first, second));
}

#[tokio::test(start_paused = true)]
async fn each_target_has_counts_of_its_own() {
    let (pool, _) = pool(1, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let waiting = {
        let (pool, target) = (pool.clone(), Arc::clone(&places[1]));
        tokio::spawn(async move { pool.acquire(&target).await.map(drop) })
    };
    pass(20).await;
    let of = |which: usize| pool.target_stats(places[which].id()).unwrap();
    assert_eq!((of(0).in_use, of(0).leases, of(1).waiting, of(1).leases), (1, 1, 1, 0));
    drop(lease);
    waiting.await.unwrap().unwrap();
    assert_eq!((of(1).waits, of(1).leases), (1, 1));
    assert_eq!(of(1).wait_time, Duration::from_millis(20));
    let mut all = pool.all_target_stats();
    all.sort_by_key(|stats| stats.target);
    assert_eq!(all, [of(0), of(1)]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_targets_are_told_of_at_once() {
    let (pool, _) = pool(2, |_| {});
    let places = targets(10_000);
    for target in &places {
        drop(pool.acquire(target).await.unwrap());
    }
    let all = pool.all_target_stats();
    assert_eq!(all.len(), 10_000);
    assert!(all.iter().all(|stats| stats.leases == 1 && stats.in_use == 0));
}
