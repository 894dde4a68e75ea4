//! Targets that wait are served in turn, and each one's callers in order.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tenantry_pool::{Pool, Target};
use tokio::task::JoinHandle;

use crate::fake::{Fake, pass, pool, targets};

/// Callers, each with a number for its target, and the order they were served in.
#[derive(Default)]
struct Callers {
    served: Arc<Mutex<Vec<usize>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Callers {
    /// One more waits, behind those before.
    async fn ask(&mut self, pool: &Pool<Fake>, target: &Arc<Target<&'static str>>, number: usize) {
        let (pool, target, served) = (pool.clone(), target.clone(), Arc::clone(&self.served));
        self.tasks.push(tokio::spawn(async move {
            let lease = pool.acquire(&target).await.unwrap();
            served.lock().unwrap().push(number);
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            drop(lease);
        }));
        tokio::task::yield_now().await;
    }

    /// The order they were served in, once all were.
    async fn served(self) -> Vec<usize> {
        for task in self.tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *self.served.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_of_one_target_do_not_delay_the_one_of_another() {
    let (pool, _) = pool(2, |config| {
        config.max_per_target = 2;
        config.max_waiters_per_target = 2_000;
    });
    let places = targets(2);
    let held = [pool.acquire(&places[0]).await.unwrap(), pool.acquire(&places[0]).await.unwrap()];
    let mut callers = Callers::default();
    for _ in 0..1_000 {
        callers.ask(&pool, &places[0], 0).await;
    }
    callers.ask(&pool, &places[1], 1).await;
    drop(held);
    let served = callers.served().await;
    let place = served.iter().position(|number| *number == 1).unwrap();
    assert!(place <= 1 + 4 * 2, "{place} were served before it");
}

#[tokio::test(start_paused = true)]
async fn targets_are_served_in_turn_whatever_the_number_of_their_callers() {
    const TARGETS: usize = 6;
    let (pool, _) = pool(2, |config| config.max_per_target = 2);
    let places = targets(TARGETS);
    let held = [pool.acquire(&places[0]).await.unwrap(), pool.acquire(&places[1]).await.unwrap()];
    let mut callers = Callers::default();
    // The first come with the most.
    for (number, target) in places.iter().enumerate() {
        for _ in 0..40 - 5 * number {
            callers.ask(&pool, target, number).await;
        }
    }
    drop(held);
    let served = callers.served().await;
    // Each of the others once, and four for each connection out of turn.
    let bound = TARGETS - 1 + 4 * 2;
    let mut last = HashMap::new();
    for (place, number) in served.iter().enumerate() {
        let before = last.insert(*number, place + 1).unwrap_or(0);
        assert!(place - before <= bound, "{} were served before {number}", place - before);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_targets_that_wait_are_each_served_once_before_any_is_again() {
    let (pool, _) = pool(4, |config| config.max_waiters = 20_000);
    let places = targets(10_000);
    let mut held = Vec::new();
    for target in &places[..4] {
        held.push(pool.acquire(target).await.unwrap());
    }
    let mut callers = Callers::default();
    for round in 0..2 {
        for (number, target) in places.iter().enumerate().take(5_000 * (2 - round)) {
            callers.ask(&pool, target, number).await;
        }
    }
    drop(held);
    let served = callers.served().await;
    let mut first: Vec<_> = served[..10_000].to_vec();
    first.sort_unstable();
    first.dedup();
    assert!(first.len() >= 10_000 - 4 * 4, "{} different ones among the first", first.len());
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
