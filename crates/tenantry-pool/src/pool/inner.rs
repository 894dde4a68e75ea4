use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, Weak},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{sync::Notify, time::Instant};

use crate::{
    CloseReason, ConnectFailure, Driver, Event, Lease, PoolConfig, TargetId,
    core::{Action, Core, Lent},
    runtime::{Mutex, MutexGuard, Runtime, sleep, timeout_at},
};

/// How often idle connections are looked at.
const MAINTENANCE: Duration = Duration::from_millis(250);

/// Every how many of these times all else is looked after, too.
const THOROUGH: usize = 4;

/// What the clones of a pool and its leases share.
pub(crate) struct Inner<D: Driver> {
    core: Mutex<Core<D>>,
    pub(super) driver: Arc<D>,
    pub(super) config: PoolConfig,
    runtime: Runtime,
    /// Told each time a connection has ended.
    pub(super) ended: Notify,
    /// Wakes the task that keeps the callers' time.
    pub(super) rouse: Arc<Notify>,
}

impl<D: Driver> Inner<D> {
    pub(super) fn start(driver: D, config: PoolConfig) -> Arc<Self> {
        let driver = Arc::new(driver);
        let core = Core::new(Arc::clone(&driver), config.clone(), Instant::now());
        let inner = Arc::new(Self {
            core: Mutex::new(core),
            driver,
            config,
            runtime: Runtime::current(),
            ended: Notify::new(),
            rouse: Arc::default(),
        });
        inner.runtime.spawn(maintain(Arc::downgrade(&inner)));
        inner.runtime.spawn(keep_time(Arc::downgrade(&inner), Arc::clone(&inner.rouse)));
        inner
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Core<D>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one step under the lock, and carries out what it decides once the lock is free.
    pub(super) fn step<R>(
        self: &Arc<Self>,
        step: impl FnOnce(&mut Core<D>, &mut Vec<Action<D>>) -> R,
    ) -> R {
        let mut actions = Vec::new();
        let result = step(&mut self.lock(), &mut actions);
        for action in actions {
            self.run(action);
        }
        result
    }

    fn run(self: &Arc<Self>, action: Action<D>) {
        match action {
            Action::Grant { reply, target, lent } => {
                // A waiter that has just gone drops the lease, which gives the connection back.
                let _ = reply.send(Ok(self.lease(target.id(), lent)));
            }
            Action::Fail { reply, error } => {
                let _ = reply.send(Err(error));
            }
            Action::Open { slot, server } => {
                self.runtime.spawn(Arc::clone(self).open(slot, server));
            }
            Action::Clean { slot, connection } => {
                self.runtime.spawn(Arc::clone(self).clean(slot, connection));
            }
            Action::Close { slot, connection, reason } => {
                self.runtime.spawn(Arc::clone(self).close(slot, connection, reason));
            }
            Action::TargetCreated(target) => self.driver.event(Event::TargetCreated(target)),
            Action::TargetEvicted(target) => self.driver.event(Event::TargetEvicted(target)),
        }
    }

    pub(super) fn lease(self: &Arc<Self>, target: TargetId, lent: Lent<D>) -> Lease<D> {
        Lease::new(Arc::clone(self), target, lent)
    }

    pub(crate) fn give_back(self: &Arc<Self>, slot: usize, connection: D::Connection) {
        let now = Instant::now();
        self.step(|core, out| core.give_back(slot, connection, now, out));
    }

    pub(crate) fn lent_for_long(self: &Arc<Self>, slot: usize) {
        self.step(|core, out| core.lent_for_long(slot, Instant::now(), out));
    }

    pub(crate) fn close_leased(
        self: &Arc<Self>,
        slot: usize,
        connection: D::Connection,
        reason: CloseReason,
    ) {
        let now = Instant::now();
        self.step(|core, out| core.close_leased(slot, connection, reason, now, out));
    }

    /// Cuts off what is lent to some targets, or since when. How many connections of whom, and the
    /// places of those that have ended.
    pub(super) async fn cut_off(
        self: &Arc<Self>,
        which: impl Fn(TargetId, Instant) -> bool,
    ) -> (Vec<(TargetId, usize)>, Vec<usize>) {
        let lent = self.lock().doom(which);
        let mut counts: BTreeMap<TargetId, usize> = BTreeMap::new();
        for (_, target, _) in &lent {
            *counts.entry(*target).or_default() += 1;
        }
        let cutting = lent
            .into_iter()
            .map(async |(slot, _, handle)| (slot, self.driver.cut_off(handle).await));
        let cut = join_all(cutting).await;
        let ended = cut.into_iter().filter(|(_, ended)| *ended).map(|(slot, _)| slot);
        (counts.into_iter().collect(), ended.collect())
    }

    /// Cuts off what was lent to a target by `until`, after a time of grace.
    pub(super) fn cut_off_later(
        self: &Arc<Self>,
        target: TargetId,
        until: Instant,
        grace: Duration,
    ) {
        let inner = Arc::downgrade(self);
        self.runtime.spawn(async move {
            sleep(grace).await;
            let Some(inner) = inner.upgrade() else { return };
            let theirs = |whose, since| whose == target && since <= until;
            let (cut_off, _) = inner.cut_off(theirs).await;
            for (target, connections) in cut_off {
                tracing::warn!(target: "tenantry::pool", %target, connections, "cut off");
            }
        });
    }

    async fn open(self: Arc<Self>, slot: usize, server: D::Server) {
        let within = self.config.connect_timeout;
        let connected = timeout_at(Instant::now() + within, self.driver.connect(&server)).await;
        let opened = match connected {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(ConnectFailure::Driver(Arc::new(error))),
            Err(_) => Err(ConnectFailure::Timeout(within)),
        };
        match opened {
            Ok(connection) => {
                let open = self.step(|core, out| {
                    core.opened(slot, connection, Instant::now(), out);
                    core.stats().total()
                });
                self.driver.event(Event::Opened { server: &server, open });
            }
            Err(failure) => {
                self.driver.event(Event::OpenFailed { server: &server, error: &failure });
                self.step(|core, out| core.open_failed(slot, failure, Instant::now(), out));
                self.ended.notify_waiters();
            }
        }
    }

    async fn clean(self: Arc<Self>, slot: usize, mut connection: D::Connection) {
        let within = Instant::now() + self.config.clean_timeout;
        let cleaned = timeout_at(within, self.driver.clean(&mut connection)).await;
        self.step(|core, out| match cleaned {
            Ok(Ok(())) => core.cleaned(slot, connection, Instant::now(), out),
            Ok(Err(_)) | Err(_) => core.clean_failed(slot, connection, out),
        });
    }

    async fn close(self: Arc<Self>, slot: usize, connection: D::Connection, reason: CloseReason) {
        let within = Instant::now() + self.config.close_timeout;
        let _ = timeout_at(within, self.driver.close(connection)).await;
        self.step(|core, out| core.ended(slot, Instant::now(), out));
        self.driver.event(Event::Closed { reason });
        self.ended.notify_waiters();
    }
}

impl<D: Driver> Drop for Inner<D> {
    fn drop(&mut self) {
        self.rouse.notify_one();
    }
}

/// Tells those whose time is up, until the pool is gone.
async fn keep_time<D: Driver>(inner: Weak<Inner<D>>, rouse: Arc<Notify>) {
    let mut now = Instant::now();
    loop {
        let next = {
            let Some(inner) = inner.upgrade() else { return };
            inner.step(|core, out| core.due(now, out))
        };
        match next {
            Some(at) if timeout_at(at, rouse.notified()).await.is_err() => {
                now = at.max(Instant::now());
            }
            Some(_) => now = Instant::now(),
            None => {
                rouse.notified().await;
                now = Instant::now();
            }
        }
    }
}

async fn maintain<D: Driver>(inner: Weak<Inner<D>>) {
    for time in (0..THOROUGH).rev().cycle() {
        sleep(MAINTENANCE).await;
        let Some(inner) = inner.upgrade() else { return };
        inner.step(|core, out| {
            let now = Instant::now();
            core.reset_rested(now, out);
            if time == 0 {
                core.maintain(now, out);
            }
        });
    }
}
