//! A future may be dropped at any await: no connection and no place in the queue is lost.

use std::{sync::Arc, time::Duration};

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn a_waiter_that_goes_leaves_its_place_to_the_next() {
    let (pool, _) = pool(1, |_| {});
    let places = targets(3);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let mut gone = Box::pin(pool.acquire(&places[1]));
    assert!(futures_util::poll!(&mut gone).is_pending());
    let mut next = Box::pin(pool.acquire(&places[2]));
    assert!(futures_util::poll!(&mut next).is_pending());
    drop(gone);
    assert_eq!(pool.stats().waiting, 1);
    drop(lease);
    next.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_just_after_it_was_served_gives_the_connection_back() {
    let (pool, _) = pool(1, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let mut served = Box::pin(pool.acquire(&places[1]));
    assert!(futures_util::poll!(&mut served).is_pending());
    drop(lease);
    // The connection is on its way to it; it never looks.
    drop(served);
    assert_eq!((pool.stats().in_use, pool.stats().idle), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_connection_opened_for_somebody_who_has_gone_serves_the_next() {
    let (pool, world) = pool(2, |_| {});
    let places = targets(2);
    let impatient = tokio::time::timeout(Duration::from_millis(1), pool.acquire(&places[0]));
    impatient.await.unwrap_err();
    pass(10).await;
    assert_eq!((pool.stats().idle, world.most()), (1, 1));
    assert_eq!(pool.acquire(&places[1]).await.unwrap().number, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_futures_dropped_at_random_leak_nothing() {
    let (pool, world) = pool(3, |_| {});
    let places = Arc::new(targets(20));
    let tasks: Vec<_> = (0..3000u64)
        .map(|number| {
            let (pool, places) = (pool.clone(), Arc::clone(&places));
            tokio::spawn(async move {
                let work = async {
                    let lease = pool.acquire(&places[number as usize % places.len()]).await;
                    tokio::time::sleep(Duration::from_micros(number % 700)).await;
                    drop(lease);
                };
                let patience = Duration::from_micros(number * 7919 % 20_000);
                let _ = tokio::time::timeout(patience, work).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let stats = pool.stats();
    assert_eq!((stats.in_use, stats.waiting), (0, 0), "{stats:?}");
    assert!(world.most() <= 3);
}
