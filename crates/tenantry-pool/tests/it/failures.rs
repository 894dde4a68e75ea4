use std::{sync::atomic::Ordering, time::Duration};

use tenantry_pool::AcquireError;

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_is_unavailable_to_all_who_wait_at_once() {
    let (pool, world) = pool(2, |_| {});
    let places = targets(6);
    world.refuse.store(true, Ordering::SeqCst);
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    for answer in tokio::time::timeout(Duration::from_millis(20), all).await.unwrap() {
        assert!(matches!(answer, Err(AcquireError::Unavailable(_))), "{answer:?}");
    }
    world.refuse.store(false, Ordering::SeqCst);
    pool.acquire(&places[0]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn while_other_connections_work_a_failure_to_open_one_more_is_no_error() {
    let (pool, world) = pool(2, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[0]).await.unwrap();
    world.refuse.store(true, Ordering::SeqCst);
    let mut waiting = Box::pin(pool.acquire(&places[1]));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    pass(20).await;
    assert!(futures_util::poll!(&mut waiting).is_pending());
    drop(lease);
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_tries_again_by_itself_when_a_server_is_back() {
    let (pool, world) = pool(2, |config| config.acquire_timeout = Duration::from_secs(30));
    let places = targets(2);
    let _lease = pool.acquire(&places[0]).await.unwrap();
    world.refuse.store(true, Ordering::SeqCst);
    let mut waiting = Box::pin(pool.acquire(&places[1]));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    pass(3_000).await;
    world.refuse.store(false, Ordering::SeqCst);
    tokio::time::timeout(Duration::from_secs(2), waiting).await.unwrap().unwrap();
}
