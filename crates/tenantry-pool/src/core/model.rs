//! A model of what the pool promises, held against the core step by step.
//!
//! The core has no I/O, so that a step is a call and the time is a number: hundreds of thousands
//! of steps a second. `TENANTRY_MODEL_STEPS` sets how many are tried for each shape of pool.

mod check;
mod sim;
mod world;

use std::time::Duration;

use self::world::World;
use crate::PoolConfig;

/// Runs a pool of this shape for many steps, several times anew.
fn explore(seed: u64, servers: usize, targets: usize, shape: impl Fn(&mut PoolConfig)) {
    let steps = std::env::var("TENANTRY_MODEL_STEPS").ok().and_then(|steps| steps.parse().ok());
    let steps: u64 = steps.unwrap_or(240_000);
    let rounds = 12;
    for round in 0..rounds {
        let mut config = PoolConfig::new(4);
        config.max_targets = 6;
        config.max_targets_per_connection = 5;
        config.max_waiters = 30;
        config.max_waiters_per_target = 12;
        config.acquire_timeout = Duration::from_millis(300);
        config.target_ttl = Duration::from_secs(20);
        config.reset_after = Duration::from_millis(50);
        config.idle_timeout = Duration::from_secs(3);
        config.max_lifetime = Duration::from_secs(60);
        shape(&mut config);
        let mut world = World::new(seed * 1000 + round, config, servers, targets);
        for _ in 0..steps / rounds {
            world.step();
        }
        world.end();
    }
}

#[test]
fn a_few_targets_on_few_connections() {
    explore(1, 1, 8, |_| {});
}

#[test]
fn one_connection() {
    explore(2, 1, 5, |config| {
        config.max_connections = 1;
        config.max_per_target = 1;
    });
}

#[test]
fn many_targets_wait() {
    explore(3, 1, 40, |config| {
        config.max_waiters = 200;
        config.max_targets = 30;
    });
}

#[test]
fn several_servers_share_a_budget() {
    explore(4, 3, 12, |_| {});
}

#[test]
fn each_target_has_a_server_of_its_own() {
    explore(5, 10, 10, |config| config.max_connections = 3);
}

#[test]
fn callers_wait_for_their_home() {
    explore(6, 1, 8, |config| config.home_patience = Duration::from_millis(30));
}

#[test]
fn callers_wait_for_their_home_on_several_servers() {
    explore(7, 2, 9, |config| {
        config.home_patience = Duration::from_millis(30);
        config.min_idle = 2;
        config.max_connections = 6;
    });
}
