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
