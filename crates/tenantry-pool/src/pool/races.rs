//! Threads that meet at the pool's lock, in orders that shuttle chooses.
//!
//! The lock, the tasks and the time-outs are shuttle's here (see `runtime`): a time-out comes at any
//! poll. The channel that carries an answer is tokio's, and is taken to be right: shuttle does not
//! look into it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use shuttle::{future::block_on, thread};

use crate::{AcquireError, Condition, Driver, Pool, PoolConfig, Target, TargetId};

/// How many orders are tried for each test; `TENANTRY_RACES` sets another number.
const ORDERS: usize = 2_000;

/// Counts its connections.
struct Counting {
    alive: Arc<AtomicUsize>,
    budget: usize,
}

struct Conn(Arc<AtomicUsize>);

impl Drop for Conn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Driver for Counting {
    type Server = ();
    type Connection = Conn;
    type Error = Never;
    type Handle = ();

    async fn connect(&self, (): &()) -> Result<Conn, Never> {
        let before = self.alive.fetch_add(1, Ordering::SeqCst);
        assert!(before < self.budget, "the budget");
        Ok(Conn(Arc::clone(&self.alive)))
    }

    fn condition(&self, _: &Conn) -> Condition {
        Condition::NEUTRAL
    }

    async fn clean(&self, _: &mut Conn) -> Result<(), Never> {
        Ok(())
    }

    fn handle(&self, _: &Conn) {}

    async fn cut_off(&self, (): ()) -> bool {
        true
    }

    fn forget(&self, _: &mut Conn, _: TargetId) {}

    async fn close(&self, connection: Conn) {
        shuttle::future::yield_now().await;
        drop(connection);
    }
}

/// A pool, and how many of its connections are alive.
fn pool(budget: usize) -> (Pool<Counting>, Arc<AtomicUsize>) {
    let alive = Arc::new(AtomicUsize::new(0));
    let driver = Counting { alive: Arc::clone(&alive), budget };
    (Pool::new(driver, PoolConfig::new(budget)), alive)
}

/// Tries a race in many orders.
fn race(test: impl Fn() + Send + Sync + 'static) {
    let orders = std::env::var("TENANTRY_RACES").ok().and_then(|orders| orders.parse().ok());
    shuttle::check_random(test, orders.unwrap_or(ORDERS));
}

/// All connections are back, and can be had again.
fn is_whole(pool: &Pool<Counting>) {
    // A task that opens or closes one may still be about to.
    while pool.stats().in_use + pool.stats().opening + pool.stats().closing > 0 {
        thread::yield_now();
    }
    assert_eq!(pool.stats().waiting, 0);
}

#[test]
fn a_grant_races_with_a_caller_that_gives_up() {
    race(|| {
        let (pool, _) = pool(1);
        let target = Target::new(());
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (pool, target) = (pool.clone(), Arc::clone(&target));
                // Its time may be up at any poll; then it gives up its place.
                thread::spawn(move || match block_on(pool.acquire(&target)) {
                    Ok(lease) => drop(lease),
                    Err(AcquireError::Timeout { .. } | AcquireError::Unavailable(_)) => {}
                    Err(error) => panic!("{error}"),
                })
            })
            .collect();
        for caller in callers {
            caller.join().expect("no panic");
        }
        is_whole(&pool);
    });
}

#[test]
fn a_grant_races_with_a_future_that_is_dropped() {
    race(|| {
        let (pool, _) = pool(1);
        let targets = [Target::new(()), Target::new(())];
        let holder = {
            let (pool, target) = (pool.clone(), Arc::clone(&targets[0]));
            thread::spawn(move || drop(block_on(pool.acquire(&target))))
        };
        let dropped = {
            let (pool, target) = (pool.clone(), Arc::clone(&targets[1]));
            thread::spawn(move || {
                block_on(async {
                    let mut asking = Box::pin(pool.acquire(&target));
                    let _ = futures_util::poll!(&mut asking);
                    shuttle::future::yield_now().await;
                    drop(asking);
                });
            })
        };
        holder.join().expect("no panic");
        dropped.join().expect("no panic");
        is_whole(&pool);
    });
}

#[test]
fn nobody_waits_for_ever_while_connections_come_back() {
    race(|| {
        let alive = Arc::new(AtomicUsize::new(0));
        let driver = Counting { alive: Arc::clone(&alive), budget: 2 };
        let mut config = PoolConfig::new(2);
        let never = std::time::Duration::from_secs(24 * 3600);
        config.acquire_timeout = never;
        config.connect_timeout = never;
        let pool = Pool::new(driver, config);
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let (pool, target) = (pool.clone(), Target::new(()));
                thread::spawn(move || {
                    for _ in 0..2 {
                        drop(block_on(pool.acquire(&target)).expect("a connection, in the end"));
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.join().expect("no panic");
        }
        is_whole(&pool);
    });
}

#[test]
fn giving_back_races_with_closing() {
    race(|| {
        let (pool, alive) = pool(2);
        let target = Target::new(());
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (pool, target) = (pool.clone(), Arc::clone(&target));
                thread::spawn(move || drop(block_on(pool.acquire(&target))))
            })
            .collect();
        // It may stop waiting at any poll: what is left goes on ending.
        let _ = block_on(pool.close(std::time::Duration::from_secs(1)));
        for caller in callers {
            caller.join().expect("no panic");
        }
        while pool.stats().total() > 0 {
            thread::yield_now();
        }
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        assert!(matches!(block_on(pool.acquire(&target)), Err(AcquireError::Closed)));
    });
}

#[test]
fn retiring_races_with_asking() {
    race(|| {
        let (pool, _) = pool(1);
        let target = Target::new(());
        let caller = {
            let (pool, target) = (pool.clone(), Arc::clone(&target));
            thread::spawn(move || drop(block_on(pool.acquire(&target))))
        };
        pool.retire(&target);
        assert!(matches!(block_on(pool.acquire(&target)), Err(AcquireError::Retired)));
        caller.join().expect("no panic");
        is_whole(&pool);
        assert!(!pool.knows(target.id()));
    });
}
