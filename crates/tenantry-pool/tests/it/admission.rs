//! What callers hear who cannot be served.

use std::{sync::Arc, time::Duration};

use tenantry_pool::AcquireError;

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn a_time_out_says_how_full_the_pool_was() {
    let (pool, _) = pool(1, |config| config.acquire_timeout = Duration::from_secs(2));
    let places = targets(2);
    let _lease = pool.acquire(&places[0]).await.unwrap();
    let error = pool.acquire(&places[1]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no connection was free within 2s: 1 of 1 in use (1 by {} for up to 2.0s), 1 waiting",
            places[0].id()
        )
    );
    assert_eq!(pool.stats().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_names_those_with_the_most_connections() {
    let (pool, _) = pool(7, |config| config.acquire_timeout = Duration::from_secs(1));
    let places = targets(5);
    let mut leases = Vec::new();
    for target in [0, 1, 1, 1, 2, 2, 3] {
        leases.push(pool.acquire(&places[target]).await.unwrap());
        pass(100).await;
    }
    let error = pool.acquire(&places[4]).await.unwrap_err();
    let AcquireError::Timeout { holders, in_use, .. } = error else { panic!("{error}") };
    assert_eq!(in_use, 7);
    let named: Vec<_> = holders.iter().map(|holder| (holder.target, holder.in_use)).collect();
    assert_eq!(named, [(places[1].id(), 3), (places[2].id(), 2), (places[0].id(), 1)]);
    // 700 ms of taking them, each after 3 ms of connecting, and a second of waiting.
    assert_eq!(holders[2].longest.as_millis() / 100, 17, "{holders:?}");
    assert_eq!(pool.stats().counters.timeouts, 1);
}

#[tokio::test(start_paused = true)]
async fn beyond_so_many_waiters_the_next_is_sent_away_at_once() {
    let (pool, _) = pool(1, |config| {
        config.max_waiters = 5;
        config.max_waiters_per_target = 3;
    });
    let places = targets(3);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let mut waiting = Vec::new();
    let mut wait = |target: usize| {
        let (pool, target) = (pool.clone(), Arc::clone(&places[target]));
        waiting.push(tokio::spawn(async move { pool.acquire(&target).await.map(drop) }));
    };
    for target in [0, 0, 0] {
        wait(target);
    }
    pass(1).await;
    let start = tokio::time::Instant::now();
    let error = pool.acquire(&places[0]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 callers of this target wait for a connection already, and no more than 3 may"
    );
    for target in [1, 1] {
        wait(target);
    }
    pass(1).await;
    let error = pool.acquire(&places[2]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "5 callers wait for a connection already, and no more than 5 may"
    );
    assert!(start.elapsed() < Duration::from_millis(10));
    let stats = pool.stats();
    assert_eq!((stats.waiting, stats.counters.saturated), (5, 2));
    drop(lease);
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    pool.acquire(&places[2]).await.unwrap();
}
