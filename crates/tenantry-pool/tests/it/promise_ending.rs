//! Running work finishes, those who wait hear of the end, and what is retired stays so.

use std::{sync::Arc, time::Duration};

use tenantry_pool::{AcquireError, CloseReason, Condition, Lease};

use crate::fake::{Fake, pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn evicting_closes_a_targets_statements_and_lets_go_of_what_is_held_for_it() {
    let (pool, world) = pool(2, |_| {});
    let places = targets(2);
    let id = places[0].id();
    let mut idle = pool.acquire(&places[0]).await.unwrap();
    idle.statements.insert(id);
    idle.condition = Condition::Rest { held_for: Some(id) };
    let mut working = pool.acquire(&places[0]).await.unwrap();
    working.statements.insert(id);
    drop(idle);
    assert_eq!(pool.target_stats(id).unwrap().held, 1);
    assert!(pool.evict(id));
    assert!(!pool.knows(id));
    working.condition = Condition::Rest { held_for: Some(id) };
    drop(working);
    pass(10).await;
    let all = [pool.acquire(&places[1]).await.unwrap(), pool.acquire(&places[1]).await.unwrap()];
    for lease in &all {
        assert!(lease.statements.is_empty());
        assert_eq!(lease.condition, Condition::NEUTRAL);
    }
    assert_eq!(world.heard("closed"), 0, "no connection was lost by it");
    assert_eq!(world.heard("evicted"), 1);
}

#[tokio::test(start_paused = true)]
async fn evicting_lets_those_who_wait_go_on_waiting() {
    let (pool, _) = pool(1, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let mut waiting = Box::pin(pool.acquire(&places[1]));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert!(pool.evict(places[1].id()));
    drop(lease);
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_retired_target_is_never_leased_again() {
    let (pool, _) = pool(1, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[1]).await.unwrap();
    let mut waiting = Box::pin(pool.acquire(&places[0]));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    pool.retire(&places[0]);
    assert!(matches!(waiting.await, Err(AcquireError::Retired)));
    drop(lease);
    assert!(matches!(pool.acquire(&places[0]).await, Err(AcquireError::Retired)));
    assert!(!pool.knows(places[0].id()));
}

#[tokio::test(start_paused = true)]
async fn targets_nobody_asks_for_are_forgotten_and_the_least_recently_used_first() {
    let (pool, world) = pool(1, |config| {
        config.max_targets = 3;
        config.target_ttl = Duration::from_secs(60);
    });
    let places = targets(5);
    for target in &places {
        drop(pool.acquire(target).await.unwrap());
    }
    assert_eq!(pool.target_count(), 3);
    assert!(!pool.knows(places[1].id()) && pool.knows(places[2].id()));
    pass(62_000).await;
    assert_eq!(pool.target_count(), 0);
    assert_eq!(world.heard("evicted"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_target_at_work_is_never_forgotten_for_another() {
    let (pool, _) = pool(2, |config| config.max_targets = 1);
    let places = targets(3);
    let _working = pool.acquire(&places[0]).await.unwrap();
    for target in &places[1..] {
        drop(pool.acquire(target).await.unwrap());
    }
    assert!(pool.knows(places[0].id()));
}

#[tokio::test(start_paused = true)]
async fn closing_lets_work_finish_and_tells_those_who_wait() {
    let (pool, world) = pool(1, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let waiting = {
        let (pool, target) = (pool.clone(), Arc::clone(&places[1]));
        tokio::spawn(async move { pool.acquire(&target).await.map(drop) })
    };
    pass(1).await;
    let closing = {
        let pool = pool.clone();
        tokio::spawn(async move { pool.close(Duration::from_secs(10)).await })
    };
    assert!(matches!(waiting.await.unwrap(), Err(AcquireError::Closed)));
    pass(100).await;
    assert!(!closing.is_finished(), "work goes on");
    drop(lease);
    assert_eq!(closing.await.unwrap().left, 0);
    assert_eq!(world.alive(), 0);
    assert!(matches!(pool.acquire(&places[0]).await, Err(AcquireError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn closing_has_a_deadline_and_says_what_is_left() {
    let (pool, world) = pool(1, |_| {});
    let target = &targets(1)[0];
    let _lease = pool.acquire(target).await.unwrap();
    world.ignore_cut.store(true, std::sync::atomic::Ordering::SeqCst);
    let start = tokio::time::Instant::now();
    assert_eq!(pool.close(Duration::from_secs(1)).await.left, 1);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn what_is_lent_past_the_deadline_is_cut_off_and_named() {
    let (pool, world) = pool(4, |_| {});
    let places = targets(3);
    let given_back_late = pool.acquire(&places[0]).await.unwrap();
    let kept = [pool.acquire(&places[1]).await.unwrap(), pool.acquire(&places[1]).await.unwrap()];
    let given_back_in_time = pool.acquire(&places[2]).await.unwrap();
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close(Duration::from_secs(5)).await }
    });
    pass(4_000).await;
    drop(given_back_in_time);
    pass(1_001).await;
    drop(given_back_late);
    let report = closing.await.unwrap();
    let expected = vec![(places[0].id(), 1), (places[1].id(), 2)];
    assert_eq!((report.left, report.cut_off), (0, expected));
    assert!(kept.iter().all(|lease| lease.cut.load(std::sync::atomic::Ordering::SeqCst)));
    drop(kept);
    pass(100).await;
    assert_eq!(world.alive(), 0);
    assert_eq!(pool.stats().counters.closed_by(CloseReason::CutOff), 3);
    assert_eq!(pool.stats().counters.closed_by(CloseReason::PoolClosed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_ends_is_given_time_and_nobody_else_is_cut_off() {
    let (pool, world) = pool(4, |_| {});
    let places = targets(2);
    let soon = pool.acquire(&places[0]).await.unwrap();
    let long = pool.acquire(&places[0]).await.unwrap();
    let other = pool.acquire(&places[1]).await.unwrap();
    pool.cut_off_after(places[0].id(), Duration::from_secs(5));
    pass(1_000).await;
    drop(soon);
    // The same connection, lent again to the same target: that began later.
    let later = pool.acquire(&places[0]).await.unwrap();
    pass(5_000).await;
    let cut = |lease: &Lease<Fake>| lease.cut.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!([&long, &later, &other].map(cut), [true, false, false]);
    drop((long, later, other));
    pass(100).await;
    assert_eq!(pool.stats().counters.closed_by(CloseReason::CutOff), 1);
    assert_eq!(world.alive(), 2);
}
