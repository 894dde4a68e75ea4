//! A target whose callers queue up, beside one that asks now and then.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tenantry_pool::{Pool, Target};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::fake::{Fake, pool, targets};

const BUDGET: usize = 8;
const CALLERS: usize = 100;
const LASTING: Duration = Duration::from_secs(10);

/// How long a statement takes that keeps one of two processors busy, while so many run.
const BUSY: fn(usize) -> Duration = |running| Duration::from_micros(500 * running.max(2) as u64);

/// How long one takes that waits for something else.
const ASLEEP: fn(usize) -> Duration = |_| Duration::from_millis(5);

/// One that asks again as soon as it is answered.
async fn flood(
    pool: Pool<Fake>,
    target: Arc<Target<&'static str>>,
    running: Arc<AtomicUsize>,
    takes: impl Fn(usize) -> Duration,
) {
    let end = Instant::now() + LASTING;
    while Instant::now() < end {
        let lease = pool.acquire(&target).await.unwrap();
        let others = running.fetch_add(1, Ordering::SeqCst);
        sleep(takes(others + 1)).await;
        running.fetch_sub(1, Ordering::SeqCst);
        drop(lease);
    }
}

/// What part of the time a connection was idle when somebody else asked.
async fn idle_for_others(takes: fn(usize) -> Duration, is_narrowed: bool) -> f64 {
    let (pool, _) = pool(BUDGET, |config| config.narrow_floods = is_narrowed);
    let places = targets(2);
    let running = Arc::<AtomicUsize>::default();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| flood(pool.clone(), places[0].clone(), running.clone(), takes))
        .map(tokio::spawn)
        .collect();
    let (mut asked, mut idle) = (0, 0);
    let end = Instant::now() + LASTING;
    while Instant::now() < end {
        sleep(Duration::from_millis(7)).await;
        asked += 1;
        idle += usize::from(pool.stats().idle > 0);
        drop(pool.acquire(&places[1]).await.unwrap());
    }
    for caller in callers {
        caller.await.unwrap();
    }
    idle as f64 / f64::from(asked)
}

#[tokio::test(start_paused = true)]
async fn where_processors_are_busy_connections_are_left_to_others() {
    let left = idle_for_others(BUSY, true).await;
    assert!(left > 0.9, "{left}");
    let left = idle_for_others(BUSY, false).await;
    assert!(left < 0.1, "that is what makes the difference: {left}");
}

#[tokio::test(start_paused = true)]
async fn where_statements_wait_for_something_else_a_flood_uses_all_connections() {
    let left = idle_for_others(ASLEEP, true).await;
    assert!(left < 0.1, "{left}");
}

#[tokio::test(start_paused = true)]
async fn a_target_alone_uses_all_connections() {
    let (pool, _) = pool(BUDGET, |_| {});
    let places = targets(1);
    let running = Arc::<AtomicUsize>::default();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| flood(pool.clone(), places[0].clone(), running.clone(), BUSY))
        .map(tokio::spawn)
        .collect();
    let end = Instant::now() + LASTING / 2;
    sleep(Duration::from_millis(100)).await;
    while Instant::now() < end {
        sleep(Duration::from_millis(7)).await;
        assert_eq!(pool.stats().in_use, BUDGET);
    }
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_narrowed_gets_others_when_its_connections_do_not_come_back() {
    let (pool, _) = pool(BUDGET, |_| {});
    let places = targets(2);
    let running = Arc::<AtomicUsize>::default();
    let hangs = Arc::<AtomicBool>::default();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (pool, target, running) = (pool.clone(), places[0].clone(), running.clone());
        let hangs = hangs.clone();
        let takes = move |running| {
            if hangs.load(Ordering::SeqCst) { Duration::from_secs(3600) } else { BUSY(running) }
        };
        callers.spawn(flood(pool, target, running, takes));
    }
    for _ in 0..200 {
        sleep(Duration::from_millis(10)).await;
        drop(pool.acquire(&places[1]).await.unwrap());
    }
    assert!(pool.stats().in_use <= 2, "it is narrowed: {:?}", pool.stats());
    hangs.store(true, Ordering::SeqCst);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(pool.stats().in_use, BUDGET, "the others of its callers are served");
}
