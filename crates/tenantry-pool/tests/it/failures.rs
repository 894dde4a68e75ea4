use std::{sync::atomic::Ordering, time::Duration};

use tenantry_pool::{AcquireError, Target};

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

#[tokio::test(start_paused = true)]
async fn idle_connections_to_one_server_make_room_for_another() {
    let (pool, world) = pool(2, |_| {});
    let (one, two) = (targets(2), Target::new("two"));
    let both = [pool.acquire(&one[0]).await.unwrap(), pool.acquire(&one[1]).await.unwrap()];
    drop(both);
    let lease = pool.acquire(&two).await.unwrap();
    assert_eq!(lease.server, "two");
    assert_eq!((world.heard("closed MakeRoom"), world.most()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn whoever_needs_another_server_is_not_starved_by_those_who_do_not() {
    let (pool, _) = pool(1, |config| config.acquire_timeout = Duration::from_secs(30));
    let (one, two) = (targets(1), Target::new("two"));
    let busy = {
        let (pool, target) = (pool.clone(), one[0].clone());
        tokio::spawn(async move {
            loop {
                let lease = pool.acquire(&target).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
                drop(lease);
            }
        })
    };
    pass(20).await;
    tokio::time::timeout(Duration::from_millis(200), pool.acquire(&two)).await.unwrap().unwrap();
    busy.abort();
}
