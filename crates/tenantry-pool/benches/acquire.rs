//! What the pool itself costs: to acquire a connection and give it back, with a driver that does
//! nothing.
//!
//! `cargo bench -p tenantry-pool`

use std::{
    hint::black_box,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tenantry_pool::{Condition, Driver, Pool, PoolConfig, Target, TargetId};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
};

/// Connects to nothing, at once.
struct Nothing;

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Driver for Nothing {
    type Server = u8;
    type Connection = Box<u64>;
    type Error = Never;
    type Handle = ();

    async fn connect(&self, _: &u8) -> Result<Box<u64>, Never> {
        Ok(Box::new(0))
    }

    fn condition(&self, _: &Box<u64>) -> Condition {
        Condition::NEUTRAL
    }

    async fn clean(&self, _: &mut Box<u64>) -> Result<(), Never> {
        Ok(())
    }

    fn handle(&self, _: &Box<u64>) {}

    async fn cut_off(&self, (): ()) -> bool {
        true
    }

    fn forget(&self, _: &mut Box<u64>, _: TargetId) {}

    async fn close(&self, _: Box<u64>) {}
}

type Stack = (Semaphore, Mutex<Vec<u64>>);
type Targets = Arc<Vec<Arc<Target<u8>>>>;

fn targets(count: usize) -> Targets {
    Arc::new((0..count).map(|_| Target::new(0)).collect())
}

fn config(budget: usize) -> PoolConfig {
    let mut config = PoolConfig::new(budget);
    config.max_targets = 200_000;
    config.max_waiters = 200_000;
    config.max_targets_per_connection = 0;
    config
}

fn runtime(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_time().build().expect("a runtime")
}

/// A pool of eight with all connections open.
async fn warm(config: PoolConfig, targets: &Targets) -> Pool<Nothing> {
    let pool = Pool::new(Nothing, config);
    let mut leases = Vec::new();
    for place in 0..8 {
        leases.push(pool.acquire(&targets[place % targets.len()]).await.expect("a connection"));
    }
    pool
}

/// Picks a target for each use, far from the last one.
fn scattered(number: usize, count: usize) -> usize {
    number.wrapping_mul(7919) % count
}

fn uncontended(criterion: &mut Criterion) {
    let runtime = runtime(1);
    let mut group = criterion.benchmark_group("acquire and give back");
    for count in [1, 10, 100, 1_000, 10_000, 100_000] {
        let targets = targets(count);
        let pool = runtime.block_on(warm(config(8), &targets));
        group.bench_function(BenchmarkId::new("targets", count), |bencher| {
            bencher.iter_custom(|iterations| {
                runtime.block_on(async {
                    let start = Instant::now();
                    for number in 0..iterations as usize {
                        let target = &targets[scattered(number, count)];
                        drop(black_box(pool.acquire(target).await.expect("a connection")));
                    }
                    start.elapsed()
                })
            });
        });
    }
    group.finish();
}

/// Sixteen tasks on two threads share eight connections, each lent for as long as it takes to
/// give others a turn.
fn contended(criterion: &mut Criterion) {
    let runtime = runtime(2);
    let mut group = criterion.benchmark_group("16 tasks, 8 connections");
    let stack = Arc::new((Semaphore::new(8), Mutex::new(vec![0_u64; 8])));
    group.bench_function("a plain stack", |bencher| {
        bencher.iter_custom(|iterations| {
            runtime.block_on(on_a_stack(&stack, 16, iterations.div_ceil(16) as usize))
        });
    });
    for count in [1, 10, 1_000, 100_000] {
        let targets = targets(count);
        let pool = runtime.block_on(warm(config(8), &targets));
        group.bench_function(BenchmarkId::new("targets", count), |bencher| {
            bencher.iter_custom(|iterations| {
                let each = iterations.div_ceil(16) as usize;
                runtime.block_on(together(&pool, &targets, 16, each))
            });
        });
    }
    group.finish();
}

/// A grant while as many targets wait as there are: each of them has one caller that waits, and
/// asks again once it was served.
fn crowded(criterion: &mut Criterion) {
    let runtime = runtime(1);
    let mut group = criterion.benchmark_group("grant while others wait");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for count in [16, 1_000, 10_000] {
        let targets = targets(count);
        let pool = runtime.block_on(warm(config(8), &targets));
        group.bench_function(BenchmarkId::new("waiting", count), |bencher| {
            bencher.iter_custom(|iterations| {
                let each = (iterations as usize).div_ceil(count).max(4);
                let took = runtime.block_on(together(&pool, &targets, count, each));
                took.mul_f64(iterations as f64 / (each * count) as f64)
            });
        });
    }
    group.finish();
}

/// How long `tasks` tasks take to acquire a connection `each` times.
async fn together(pool: &Pool<Nothing>, targets: &Targets, tasks: usize, each: usize) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let (pool, targets) = (pool.clone(), Arc::clone(targets));
            tokio::spawn(async move {
                for number in 0..each {
                    let target = &targets[scattered(number * 16 + task, targets.len())];
                    let lease = pool.acquire(target).await.expect("a connection");
                    tokio::task::yield_now().await;
                    drop(lease);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    start.elapsed()
}

/// The same with the least there can be: a semaphore and a stack, no targets.
async fn on_a_stack(stack: &Arc<Stack>, tasks: usize, each: usize) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let stack = Arc::clone(stack);
            tokio::spawn(async move {
                for _ in 0..each {
                    let permit = stack.0.acquire().await.expect("never closed");
                    let connection = stack.1.lock().expect("no panic").pop().expect("as many");
                    tokio::task::yield_now().await;
                    stack.1.lock().expect("no panic").push(black_box(connection));
                    drop(permit);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    start.elapsed()
}

fn stats(criterion: &mut Criterion) {
    let runtime = runtime(1);
    let targets = targets(10_000);
    let pool = runtime.block_on(warm(config(8), &targets));
    runtime.block_on(async {
        for target in targets.iter() {
            drop(pool.acquire(target).await.expect("a connection"));
        }
    });
    let mut group = criterion.benchmark_group("stats");
    group.bench_function("of the pool", |bencher| bencher.iter(|| pool.stats()));
    group.bench_function("of 10,000 targets", |bencher| bencher.iter(|| pool.all_target_stats()));
    group.finish();
}

criterion_group!(benches, uncontended, contended, crowded, stats);
criterion_main!(benches);
