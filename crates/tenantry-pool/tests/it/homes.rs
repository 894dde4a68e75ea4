//! Which connection a target gets.

use std::{sync::Arc, time::Duration};

use tenantry_pool::{Condition, Lease, Pool, Target};
use tokio::time::Instant;

use crate::fake::{Fake, pass, pool, targets};

type Place = Arc<Target<&'static str>>;

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

/// Two targets with the same home connection among four idle ones, and its number.
async fn neighbours(pool: &Pool<Fake>) -> (Place, Place, usize) {
    let places = targets(200);
    let all = futures_util::future::join_all(places[..4].iter().map(|target| pool.acquire(target)));
    drop(all.await);
    // Each is used for the first time, and gets its home connection.
    let mut by_home: [Vec<&Place>; 4] = Default::default();
    for target in &places[4..] {
        let lease = pool.acquire(target).await.unwrap();
        assert!(lease.is_home());
        by_home[lease.number].push(target);
    }
    assert!(by_home.iter().all(|here| here.len() > 20), "homes are spread over all");
    (Arc::clone(by_home[2][0]), Arc::clone(by_home[2][1]), 2)
}

/// Lends both neighbours' home, and asks for the other.
async fn ask_while_home_is_lent(pool: &Pool<Fake>) -> (Lease<Fake>, Place, usize) {
    let (one, other, home) = neighbours(pool).await;
    let lease = pool.acquire(&one).await.unwrap();
    assert_eq!(lease.number, home);
    (lease, other, home)
}

#[tokio::test(start_paused = true)]
async fn without_patience_a_stranger_is_taken_at_once() {
    let (pool, _) = pool(4, |_| {});
    let (_lease, other, home) = ask_while_home_is_lent(&pool).await;
    let start = Instant::now();
    let stranger = pool.acquire(&other).await.unwrap();
    assert_ne!(stranger.number, home);
    assert!(!stranger.is_home());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn with_patience_a_caller_waits_for_its_home_connection() {
    let (pool, _) = pool(4, |config| config.home_patience = Duration::from_millis(5));
    let (lease, other, home) = ask_while_home_is_lent(&pool).await;
    let waiting = tokio::spawn(async move {
        let start = Instant::now();
        let lease = pool.acquire(&other).await.unwrap();
        (lease.number, lease.is_home(), start.elapsed())
    });
    pass(3).await;
    drop(lease);
    assert_eq!(waiting.await.unwrap(), (home, true, Duration::from_millis(3)));
}

#[tokio::test(start_paused = true)]
async fn patience_has_an_end() {
    let (pool, _) = pool(4, |config| config.home_patience = Duration::from_millis(5));
    let (lease, other, home) = ask_while_home_is_lent(&pool).await;
    let start = Instant::now();
    let stranger = pool.acquire(&other).await.unwrap();
    assert_ne!(stranger.number, home);
    assert_eq!(start.elapsed().as_millis() / 5, 1, "{:?}", start.elapsed());
    drop(lease);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_patient_for_a_connection_that_is_cleaned_or_closed() {
    for condition in [Condition::Unclean, Condition::Broken] {
        let (pool, _) = pool(4, |config| config.home_patience = Duration::from_millis(50));
        let (mut lease, other, _) = ask_while_home_is_lent(&pool).await;
        let waiting = {
            let (pool, other) = (pool.clone(), Arc::clone(&other));
            tokio::spawn(async move {
                let start = Instant::now();
                drop(pool.acquire(&other).await.unwrap());
                start.elapsed()
            })
        };
        pass(2).await;
        lease.condition = condition;
        drop(lease);
        assert_eq!(waiting.await.unwrap(), Duration::from_millis(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_patient_caller_passes_nobody_of_its_own_target() {
    let (pool, _) = pool(4, |config| config.home_patience = Duration::from_millis(5));
    let (lease, other, _) = ask_while_home_is_lent(&pool).await;
    let (sender, mut served) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..4 {
        let (pool, other, sender) = (pool.clone(), Arc::clone(&other), sender.clone());
        tokio::spawn(async move {
            let _lease = pool.acquire(&other).await.unwrap();
            sender.send(number).unwrap();
        });
        pass(2).await;
    }
    drop(lease);
    for number in 0..4 {
        assert_eq!(served.recv().await, Some(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_lent_for_long_is_nobodys_home_until_it_comes_back() {
    let (pool, _) = pool(4, |_| {});
    let (one, other, home) = neighbours(&pool).await;
    let session = pool.acquire(&one).await.unwrap();
    assert_eq!(session.number, home);
    session.for_long();
    let lease = pool.acquire(&other).await.unwrap();
    assert_ne!(lease.number, home);
    assert!(lease.is_home());
    drop((lease, session));
    let back = pool.acquire(&one).await.unwrap();
    assert!(back.is_home() && back.number == home);
}

#[tokio::test(start_paused = true)]
async fn of_a_target_with_much_to_do_only_two_callers_wait_for_the_home() {
    let (pool, _) = pool(4, |config| config.home_patience = Duration::from_millis(10));
    let (one, ..) = neighbours(&pool).await;
    let _home = pool.acquire(&one).await.unwrap();
    let mut callers = [(); 5].map(|()| Box::pin(pool.acquire(&one)));
    for (number, (in_use, waiting)) in
        [(1, 1), (1, 2), (2, 2), (3, 2), (4, 2)].into_iter().enumerate()
    {
        assert!(futures_util::poll!(&mut callers[number]).is_pending());
        let stats = pool.stats();
        assert_eq!((stats.in_use, stats.waiting), (in_use, waiting), "after {number} more");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_home_that_has_been_away_for_long() {
    let (pool, _) = pool(4, |config| config.home_patience = Duration::from_millis(10));
    let (_lease, other, home) = ask_while_home_is_lent(&pool).await;
    pass(10).await;
    let start = Instant::now();
    assert_ne!(pool.acquire(&other).await.unwrap().number, home);
    assert_eq!(start.elapsed(), Duration::ZERO);
}
