//! Open connections, those being opened and closed included, never exceed the budget.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use tenantry_pool::{Condition, Lease, Target};

use crate::fake::{Fake, pass, pool, targets};

#[derive(Clone, Debug)]
enum Step {
    /// Somebody asks, and waits for so long at most.
    Acquire {
        target: usize,
        patience: u64,
    },
    /// One of the leases ends, in this condition.
    Return {
        which: usize,
        condition: u8,
    },
    Discard {
        which: usize,
    },
    Evict {
        target: usize,
    },
    Refuse(bool),
    FailClean(bool),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..7usize, 0..40u64).prop_map(|(target, patience)| Step::Acquire { target, patience }),
        5 => (0..8usize, 0..4u8).prop_map(|(which, condition)| Step::Return { which, condition }),
        1 => (0..8usize).prop_map(|which| Step::Discard { which }),
        1 => (0..7usize).prop_map(|target| Step::Evict { target }),
        1 => any::<bool>().prop_map(Step::Refuse),
        1 => any::<bool>().prop_map(Step::FailClean),
        3 => (0..20u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..120)
}

async fn never_passed(steps: Vec<Step>) {
    let (pool, world) = pool(4, |config| config.idle_timeout = Duration::from_millis(1500));
    let mut places = targets(5);
    places.extend([Target::new("two"), Target::new("two")]);
    let mut leases: Vec<Lease<Fake>> = Vec::new();
    let mut asking = Vec::new();
    for step in steps {
        match step {
            Step::Acquire { target, patience } => {
                let (pool, target) = (pool.clone(), Arc::clone(&places[target]));
                asking.push(tokio::spawn(async move {
                    let patience = Duration::from_millis(patience);
                    tokio::time::timeout(patience, pool.acquire(&target)).await.ok()?.ok()
                }));
            }
            Step::Return { which, condition } if !leases.is_empty() => {
                let which = which % leases.len();
                let mut lease = leases.swap_remove(which);
                let id = lease.target();
                let place = places.iter().find(|place| place.id() == id).expect("one of these");
                assert_eq!(lease.server, *place.server(), "the right server");
                lease.condition = match condition {
                    0 => Condition::Rest { held_for: Some(id) },
                    1 => Condition::Unclean,
                    2 => Condition::Broken,
                    _ => Condition::NEUTRAL,
                };
            }
            Step::Discard { which } if !leases.is_empty() => {
                let which = which % leases.len();
                leases.swap_remove(which).discard();
            }
            Step::Evict { target } => drop(pool.evict(places[target].id())),
            Step::Refuse(refuse) => world.refuse.store(refuse, std::sync::atomic::Ordering::SeqCst),
            Step::FailClean(fail) => {
                world.fail_clean.store(fail, std::sync::atomic::Ordering::SeqCst);
            }
            Step::Pass(milliseconds) => pass(milliseconds).await,
            Step::Return { .. } | Step::Discard { .. } => {}
        }
        let mut still = Vec::new();
        for asked in asking {
            if asked.is_finished() {
                leases.extend(asked.await.expect("no panic"));
            } else {
                still.push(asked);
            }
        }
        asking = still;
        let stats = pool.stats();
        assert!(stats.total() <= 4 && world.alive() <= 4, "{stats:?}");
    }
    world.refuse.store(false, std::sync::atomic::Ordering::SeqCst);
    world.fail_clean.store(false, std::sync::atomic::Ordering::SeqCst);
    drop(leases);
    for asked in asking {
        drop(asked.await);
    }
    pass(50).await;
    let stats = pool.stats();
    assert_eq!((stats.in_use, stats.waiting, stats.opening), (0, 0, 0), "{stats:?}");
    // The whole budget is to be had again, at once.
    let all = places.iter().take(4).map(|target| pool.acquire(target));
    let all: Vec<_> = futures_util::future::join_all(all).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    drop(all);
    assert_eq!(pool.close(Duration::from_secs(1)).await.left, 0);
    assert_eq!(world.alive(), 0);
    assert!(world.most() <= 4);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        // A build with a fault fails on purpose.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_budget_is_never_passed_and_always_comes_back_whole(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(never_passed(steps));
    }
}

#[tokio::test(start_paused = true)]
async fn a_closing_connection_counts_until_it_has_ended() {
    let (pool, world) = pool(1, |_| {});
    let target = &targets(1)[0];
    pool.acquire(target).await.unwrap().discard();
    assert_eq!((pool.stats().closing, world.alive()), (1, 1));
    let lease = pool.acquire(target).await.unwrap();
    assert_eq!((lease.number, world.most()), (1, 1), "opened after the first had ended");
}
