use std::sync::atomic::Ordering;

use tenantry_pool::Condition;

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn an_unclean_connection_is_cleaned_before_anybody_gets_it() {
    let (pool, world) = pool(1, |_| {});
    let places = targets(2);
    pool.acquire(&places[0]).await.unwrap().condition = Condition::Unclean;
    assert_eq!((pool.stats().cleaning, pool.stats().idle), (1, 0));
    let lease = pool.acquire(&places[1]).await.unwrap();
    assert_eq!((lease.condition, lease.number), (Condition::NEUTRAL, 0));
    assert_eq!(world.cleaned.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_cannot_be_cleaned_is_closed() {
    let (pool, world) = pool(1, |_| {});
    let places = targets(2);
    world.fail_clean.store(true, Ordering::SeqCst);
    pool.acquire(&places[0]).await.unwrap().condition = Condition::Unclean;
    assert_eq!(pool.acquire(&places[1]).await.unwrap().number, 1);
    assert_eq!(world.heard("closed Unclean"), 1);
}

#[tokio::test(start_paused = true)]
async fn cleaning_has_a_deadline() {
    let (pool, world) = pool(1, |_| {});
    let places = targets(2);
    world.hang_clean.store(true, Ordering::SeqCst);
    pool.acquire(&places[0]).await.unwrap().condition = Condition::Unclean;
    pass(5_100).await;
    assert_eq!(world.heard("closed Unclean"), 1);
    assert_eq!(pool.acquire(&places[1]).await.unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_never_lent_again() {
    let (pool, world) = pool(1, |_| {});
    let target = &targets(1)[0];
    pool.acquire(target).await.unwrap().condition = Condition::Broken;
    assert_eq!(pool.acquire(target).await.unwrap().number, 1);
    assert_eq!(world.heard("closed Broken"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_left_in_a_connection_is_reset_after_a_second_at_rest() {
    let (pool, world) = pool(3, |_| {});
    let places = targets(3);
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    for lease in all.await {
        lease.unwrap().residue = true;
    }
    pass(900).await;
    assert_eq!(world.cleaned.load(Ordering::SeqCst), 0, "not while it is warm");
    pass(400).await;
    assert_eq!(world.cleaned.load(Ordering::SeqCst), 2, "one stays for whoever comes");
    pass(250).await;
    let counters = pool.stats().counters;
    assert_eq!((counters.reset_at_rest, counters.cleaned, pool.stats().idle), (3, 0, 3));
    pass(10_000).await;
    assert_eq!(world.cleaned.load(Ordering::SeqCst), 3, "once is enough");
    assert_eq!(counters.closed, 0);
    pass(19_500).await;
    assert_eq!(pool.stats().total(), 0, "a reset is no use: idle_timeout goes on");
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_use_again_and_again_is_not_reset() {
    let (pool, world) = pool(1, |_| {});
    let target = &targets(1)[0];
    for _ in 0..100 {
        pool.acquire(target).await.unwrap().residue = true;
        pass(700).await;
    }
    assert_eq!(world.cleaned.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_a_connection_is_reset_gets_it_afterwards() {
    let (pool, world) = pool(1, |_| {});
    let places = targets(2);
    pool.acquire(&places[0]).await.unwrap().residue = true;
    while pool.stats().cleaning == 0 {
        pass(1).await;
    }
    let lease = pool.acquire(&places[1]).await.unwrap();
    assert_eq!((lease.number, lease.residue), (0, false));
    assert_eq!(world.cleaned.load(Ordering::SeqCst), 1);
}
