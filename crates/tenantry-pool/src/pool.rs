use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot},
    time::{Instant, timeout},
};

use crate::{
    AcquireError, CloseReason, ConnectFailure, Driver, Event, Lease, PoolConfig, PoolStats, Target,
    TargetId, TargetStats,
    core::{Acquired, Action, Core, Resting},
};

/// How often idle connections and unused targets are looked at.
const MAINTENANCE: Duration = Duration::from_secs(1);

/// A pool of connections: one budget, many targets. Cheap to clone.
///
/// Made inside a tokio runtime, whose tasks open, clean and close connections. When the last
/// clone and the last [`Lease`] are dropped, idle connections are dropped without waiting for
/// their end: call [`close`](Self::close) first.
pub struct Pool<D: Driver> {
    inner: Arc<Inner<D>>,
}

/// What [`Pool::close`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it says whether connections are left"]
pub struct CloseReport {
    /// Connections that had not ended when the deadline passed.
    pub left: usize,
}

impl<D: Driver> Pool<D> {
    /// An empty pool. Connections are opened when they are needed.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(driver: D, config: PoolConfig) -> Self {
        let driver = Arc::new(driver);
        let inner = Arc::new(Inner {
            core: Mutex::new(Core::new(Arc::clone(&driver), config.clone())),
            driver,
            config,
            runtime: Handle::current(),
            ended: Notify::new(),
        });
        inner.runtime.spawn(maintain(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Lends a connection for `target`, waiting up to `acquire_timeout` for one.
    ///
    /// Dropping the future gives up the place in the queue, or the connection if it had just
    /// been lent.
    ///
    /// # Errors
    ///
    /// [`Timeout`](AcquireError::Timeout), [`Unavailable`](AcquireError::Unavailable) when the
    /// server cannot be reached and no connection to it is open,
    /// [`Retired`](AcquireError::Retired), [`Closed`](AcquireError::Closed).
    pub async fn acquire(
        &self,
        target: &Arc<Target<D::Server>>,
    ) -> Result<Lease<D>, AcquireError<D::Error>> {
        let start = Instant::now();
        let mut receiver = None;
        let acquired = self.inner.step(|core, out| {
            let reply = || {
                let (sender, waiting) = oneshot::channel();
                receiver = Some(waiting);
                sender
            };
            core.acquire(target, reply, start, out)
        })?;
        let ticket = match acquired {
            Acquired::Now { slot, resting } => return Ok(self.inner.lease(target, slot, resting)),
            Acquired::Wait { ticket } => ticket,
        };
        let mut place = Place { inner: &self.inner, ticket: Some(ticket) };
        let receiver = receiver.expect("a waiter has a receiver");
        match timeout(self.inner.config.acquire_timeout, receiver).await {
            Ok(Ok(answer)) => {
                // Whoever is answered has left the queue.
                place.ticket = None;
                answer
            }
            Ok(Err(_)) => Err(AcquireError::Closed),
            Err(_) => {
                let error = self.inner.lock().timeout(start.elapsed());
                drop(place);
                Err(error)
            }
        }
    }

    /// Forgets a target until it is used again: its prepared statements are closed and no
    /// connection is held for it any more. Its work that runs or waits goes on. Whether the
    /// target was known.
    pub fn evict(&self, target: TargetId) -> bool {
        self.inner.step(|core, out| core.evict(target, out))
    }

    /// Forgets a target for good. Its callers that wait, and all later ones, get
    /// [`AcquireError::Retired`]; work that runs goes on.
    pub fn retire(&self, target: &Target<D::Server>) {
        self.inner.step(|core, out| core.retire(target, out));
    }

    /// Refuses new callers, tells those who wait, lets running work finish, and closes every
    /// connection. Returns when all have ended, or at the deadline.
    ///
    /// Dropping the future leaves the pool closed; its connections go on ending.
    pub async fn close(&self, deadline: Duration) -> CloseReport {
        self.inner.step(|core, out| core.shut(out));
        let all_ended = async {
            loop {
                let ended = self.inner.ended.notified();
                tokio::pin!(ended);
                ended.as_mut().enable();
                if self.inner.lock().is_empty() {
                    return;
                }
                ended.await;
            }
        };
        let _ = timeout(deadline, all_ended).await;
        CloseReport { left: self.stats().total() }
    }

    /// Whether the target is remembered: used within `target_ttl` and not evicted.
    #[must_use]
    pub fn knows(&self, target: TargetId) -> bool {
        self.inner.lock().knows(target)
    }

    /// The targets remembered, the most recently used first.
    #[must_use]
    pub fn targets(&self) -> Vec<TargetId> {
        self.inner.lock().known()
    }

    /// How many targets are remembered.
    #[must_use]
    pub fn target_count(&self) -> usize {
        self.inner.lock().known_count()
    }

    /// What the pool has and does now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner.lock().stats()
    }

    /// What the pool knows of one target, if it remembers it.
    #[must_use]
    pub fn target_stats(&self, target: TargetId) -> Option<TargetStats> {
        self.inner.lock().target_stats(target, Instant::now())
    }

    /// The driver.
    #[must_use]
    pub fn driver(&self) -> &D {
        &self.inner.driver
    }

    /// The limits.
    #[must_use]
    pub fn config(&self) -> &PoolConfig {
        &self.inner.config
    }
}

impl<D: Driver> Clone for Pool<D> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<D: Driver> fmt::Debug for Pool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// A place in the queue, given up on drop.
struct Place<'a, D: Driver> {
    inner: &'a Inner<D>,
    ticket: Option<u64>,
}

impl<D: Driver> Drop for Place<'_, D> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.inner.lock().leave(ticket);
        }
    }
}

/// What the clones of a pool and its leases share.
pub(crate) struct Inner<D: Driver> {
    core: Mutex<Core<D>>,
    driver: Arc<D>,
    config: PoolConfig,
    runtime: Handle,
    /// Told each time a connection has ended.
    ended: Notify,
}

impl<D: Driver> Inner<D> {
    fn lock(&self) -> MutexGuard<'_, Core<D>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one step under the lock, and carries out what it decides once the lock is free.
    fn step<R>(self: &Arc<Self>, step: impl FnOnce(&mut Core<D>, &mut Vec<Action<D>>) -> R) -> R {
        let mut actions = Vec::new();
        let result = step(&mut self.lock(), &mut actions);
        for action in actions {
            self.run(action);
        }
        result
    }

    fn run(self: &Arc<Self>, action: Action<D>) {
        match action {
            Action::Grant { reply, target, slot, resting } => {
                // A waiter that has just gone drops the lease, which gives the connection back.
                let _ = reply.send(Ok(self.lease(&target, slot, resting)));
            }
            Action::Fail { reply, error } => {
                let _ = reply.send(Err(error));
            }
            Action::Open { slot, server } => {
                self.runtime.spawn(Arc::clone(self).open(slot, server));
            }
            Action::Clean { slot, resting } => {
                self.runtime.spawn(Arc::clone(self).clean(slot, resting));
            }
            Action::Close { slot, connection, reason } => {
                self.runtime.spawn(Arc::clone(self).close(slot, connection, reason));
            }
            Action::TargetCreated(target) => self.driver.event(Event::TargetCreated(target)),
            Action::TargetEvicted(target) => self.driver.event(Event::TargetEvicted(target)),
        }
    }

    fn lease(
        self: &Arc<Self>,
        target: &Arc<Target<D::Server>>,
        slot: usize,
        resting: Resting<D>,
    ) -> Lease<D> {
        Lease::new(Arc::clone(self), Arc::clone(target), slot, resting)
    }

    pub(crate) fn give_back(
        self: &Arc<Self>,
        slot: usize,
        connection: D::Connection,
        born: Instant,
    ) {
        let now = Instant::now();
        self.step(|core, out| core.give_back(slot, connection, born, now, out));
    }

    pub(crate) fn close_leased(
        self: &Arc<Self>,
        slot: usize,
        connection: D::Connection,
        reason: CloseReason,
    ) {
        self.step(|core, out| core.close_leased(slot, connection, reason, out));
    }

    async fn open(self: Arc<Self>, slot: usize, server: D::Server) {
        let within = self.config.connect_timeout;
        let opened = match timeout(within, self.driver.connect(&server)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(ConnectFailure::Driver(Arc::new(error))),
            Err(_) => Err(ConnectFailure::Timeout(within)),
        };
        match opened {
            Ok(connection) => {
                self.step(|core, out| core.opened(slot, connection, Instant::now(), out));
                let open = self.lock().stats().total();
                self.driver.event(Event::Opened { server: &server, open });
            }
            Err(failure) => {
                self.driver.event(Event::OpenFailed { server: &server, error: &failure });
                self.step(|core, out| core.open_failed(slot, failure, Instant::now(), out));
            }
        }
    }

    async fn clean(self: Arc<Self>, slot: usize, mut resting: Resting<D>) {
        let within = self.config.clean_timeout;
        let cleaned = timeout(within, self.driver.clean(&mut resting.connection)).await;
        self.step(|core, out| match cleaned {
            Ok(Ok(())) => core.cleaned(slot, resting, Instant::now(), out),
            Ok(Err(_)) | Err(_) => core.clean_failed(slot, resting, out),
        });
    }

    async fn close(self: Arc<Self>, slot: usize, connection: D::Connection, reason: CloseReason) {
        let _ = timeout(self.config.close_timeout, self.driver.close(connection)).await;
        self.step(|core, out| core.ended(slot, Instant::now(), out));
        self.driver.event(Event::Closed { reason });
        self.ended.notify_waiters();
    }
}

async fn maintain<D: Driver>(inner: Weak<Inner<D>>) {
    let mut tick = tokio::time::interval(MAINTENANCE);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        inner.step(|core, out| core.maintain(Instant::now(), out));
    }
}
