use std::sync::{Arc, Mutex};

use crate::fake::{pass, pool, targets};

#[tokio::test(start_paused = true)]
async fn a_target_gets_the_connection_it_used_last() {
    let (pool, _) = pool(4, |_| {});
    let places = targets(4);
    let all = futures_util::future::join_all(places.iter().map(|target| pool.acquire(target)));
    let numbers: Vec<_> = all.await.into_iter().map(|lease| lease.unwrap().number).collect();
    for _ in 0..3 {
        for (target, number) in places.iter().zip(&numbers) {
            assert_eq!(pool.acquire(target).await.unwrap().number, *number);
        }
    }
    assert_eq!(pool.stats().counters.warm, 12);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_passed_by_more_than_a_few() {
    let (pool, _) = pool(1, |_| {});
    let places = targets(2);
    let lease = pool.acquire(&places[0]).await.unwrap();
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    // One that waits for another target, then many for the one the connection was last used by.
    for which in std::iter::once(1).chain(std::iter::repeat_n(0, 20)) {
        let (pool, target, served) = (pool.clone(), places[which].clone(), Arc::clone(&served));
        tasks.push(tokio::spawn(async move {
            let _lease = pool.acquire(&target).await.unwrap();
            served.lock().unwrap().push(which);
        }));
        pass(1).await;
    }
    drop(lease);
    for task in tasks {
        task.await.unwrap();
    }
    let place = served.lock().unwrap().iter().position(|which| *which == 1).unwrap();
    assert_eq!(place, 4, "it let four pass, and no more");
}

#[tokio::test(start_paused = true)]
async fn one_targets_waiters_are_served_in_order() {
    let (pool, _) = pool(1, |_| {});
    let target = &targets(1)[0];
    let lease = pool.acquire(target).await.unwrap();
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..30 {
        let (pool, target, served) = (pool.clone(), target.clone(), Arc::clone(&served));
        tasks.push(tokio::spawn(async move {
            let _lease = pool.acquire(&target).await.unwrap();
            served.lock().unwrap().push(number);
        }));
        pass(1).await;
    }
    drop(lease);
    for task in tasks {
        task.await.unwrap();
    }
    assert!(served.lock().unwrap().is_sorted());
}

#[tokio::test(start_paused = true)]
async fn a_target_with_its_share_in_use_comes_after_others_who_wait() {
    let (pool, _) = pool(4, |config| config.max_per_target = 2);
    let places = targets(2);
    let mut floods: Vec<_> = Vec::new();
    for _ in 0..4 {
        floods.push(pool.acquire(&places[0]).await.expect("nobody else waits: no limit"));
    }
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for which in std::iter::repeat_n(0, 50).chain([1]) {
        let (pool, target, served) = (pool.clone(), places[which].clone(), Arc::clone(&served));
        tasks.push(tokio::spawn(async move {
            let _lease = pool.acquire(&target).await.unwrap();
            served.lock().unwrap().push(which);
        }));
        pass(1).await;
    }
    drop(floods.pop());
    pass(1).await;
    assert_eq!(served.lock().unwrap().first(), Some(&1), "the other one first");
    drop(floods);
    for task in tasks {
        task.await.unwrap();
    }
}
