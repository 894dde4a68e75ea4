//! Targets on several servers share one budget.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tenantry_pool::Target;

use crate::fake::{pass, pool, targets};

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

#[tokio::test(start_paused = true)]
async fn servers_are_served_in_turn_though_each_change_needs_a_new_connection() {
    const SERVERS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let (pool, world) = pool(2, |config| config.acquire_timeout = Duration::from_secs(60));
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for _ in 0..20 {
        for server in SERVERS {
            let (pool, served, target) = (pool.clone(), Arc::clone(&served), Target::new(server));
            tasks.push(tokio::spawn(async move {
                let lease = pool.acquire(&target).await.unwrap();
                assert_eq!(lease.server, server);
                served.lock().unwrap().push(server);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    let served = served.lock().unwrap();
    for server in SERVERS {
        let first = served.iter().position(|one| *one == server).unwrap();
        assert!(first <= 60, "the first of {server} was served as number {first}");
    }
    let opened = world.heard("opened");
    assert!(opened <= 40, "{opened} connections for 120 callers");
    assert!(world.most() <= 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_gets_more_connections_when_its_callers_fall_behind() {
    let (pool, world) = pool(4, |config| config.acquire_timeout = Duration::from_secs(60));
    let places: Vec<_> =
        (0..120).map(|number| Target::new(if number < 60 { "one" } else { "two" })).collect();
    let served = Arc::new(Mutex::new([0usize; 2]));
    let busy: Vec<_> = places
        .iter()
        .map(|target| {
            let (pool, target, served) = (pool.clone(), Arc::clone(target), Arc::clone(&served));
            tokio::spawn(async move {
                loop {
                    let lease = pool.acquire(&target).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    served.lock().unwrap()[usize::from(lease.server == "two")] += 1;
                }
            })
        })
        .collect();
    pass(2_000).await;
    for task in busy {
        task.abort();
    }
    let [one, two] = *served.lock().unwrap();
    assert!(one.abs_diff(two) < (one + two) / 5, "{one} and {two}");
    let closed = world.heard("closed MakeRoom");
    assert!(closed < (one + two) / 20, "{closed} changes for {} callers", one + two);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_keeps_nobody_from_another() {
    let (pool, world) = pool(2, |_| {});
    let (one, two) = (targets(1), Target::new("two"));
    let lease = pool.acquire(&one[0]).await.unwrap();
    world.refuse.store(true, std::sync::atomic::Ordering::SeqCst);
    pool.acquire(&two).await.unwrap_err();
    world.refuse.store(false, std::sync::atomic::Ordering::SeqCst);
    drop(lease);
    drop(pool.acquire(&one[0]).await.unwrap());
    assert_eq!(pool.acquire(&two).await.unwrap().server, "two");
}
