mod inner;
#[cfg(test)]
mod races;
mod waiting;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use self::waiting::Waiting;
use crate::{
    AcquireError, Driver, Lease, PoolConfig, PoolStats, Target, TargetId, TargetStats,
    core::Acquired, runtime::timeout_at,
};

pub(crate) use self::inner::Inner;

/// How long connections that are being closed are waited for, once all others have been cut off.
const CLOSING: Duration = Duration::from_millis(500);

/// A pool of connections: one budget, many targets. Cheap to clone.
///
/// Made inside a tokio runtime, whose tasks open, clean and close connections. When the last
/// clone and the last [`Lease`] are dropped, idle connections are dropped without waiting for
/// their end: call [`close`](Self::close) first.
pub struct Pool<D: Driver> {
    inner: Arc<Inner<D>>,
}

/// What [`Pool::close`] came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "it says what was cut off, and whether connections are left"]
pub struct CloseReport {
    /// Connections that have not ended.
    pub left: usize,
    /// The targets that still had connections when the deadline passed, and how many: these were cut
    /// off.
    pub cut_off: Vec<(TargetId, usize)>,
}

impl<D: Driver> Pool<D> {
    /// An empty pool. Connections are opened when they are needed.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(driver: D, config: PoolConfig) -> Self {
        Self { inner: Inner::start(driver, config) }
    }

    /// Lends a connection for `target`, waiting up to `acquire_timeout` for one.
    ///
    /// Dropping the future gives up the place in the queue, or the connection if it had just
    /// been lent.
    ///
    /// # Errors
    ///
    /// [`Timeout`](AcquireError::Timeout), [`Saturated`](AcquireError::Saturated) at once when too
    /// many wait already, [`Unavailable`](AcquireError::Unavailable) when the
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
            Acquired::Now(lent) => return Ok(self.inner.lease(target.id(), lent)),
            Acquired::Wait { ticket, rouse } => {
                if rouse {
                    self.inner.rouse.notify_one();
                }
                ticket
            }
        };
        let receiver = receiver.expect("a waiter has a receiver");
        Waiting::new(&self.inner, ticket, receiver).answer().await
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

    /// Cuts off, after a time of grace, what is lent to a target now and still is then.
    ///
    /// Returns at once.
    pub fn cut_off_after(&self, target: TargetId, grace: Duration) {
        let now = Instant::now();
        if self.inner.lock().is_lent(target, now) {
            self.inner.cut_off_later(target, now, grace);
        }
    }

    /// Refuses new callers, tells those who wait, lets running work finish, and closes every
    /// connection. Returns when all have ended. What is still lent at the deadline is
    /// [cut off](Driver::cut_off).
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
        tokio::pin!(all_ended);
        let now = Instant::now();
        if timeout_at(now + deadline, &mut all_ended).await.is_ok() {
            return CloseReport::default();
        }
        let (cut_off, ended) = self.inner.cut_off(|_, _| true).await;
        // What was given back meanwhile is being closed.
        let _ = timeout_at(Instant::now() + CLOSING, all_ended).await;
        CloseReport { left: self.inner.lock().alive(&ended), cut_off }
    }

    /// Whether the target is remembered: used within `target_ttl` and not evicted.
    #[must_use]
    pub fn knows(&self, target: TargetId) -> bool {
        self.inner.lock().knows(target)
    }

    /// The targets remembered, the most recently used first.
    #[must_use]
    pub fn targets(&self) -> Vec<TargetId> {
        let mut known = self.inner.lock().known();
        known.sort_unstable_by_key(|(used, _)| std::cmp::Reverse(*used));
        known.into_iter().map(|(_, target)| target).collect()
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

    /// What the pool knows of each target it remembers, in no order. The lock is held for one
    /// pass over them: about a tenth of a millisecond for 10,000.
    #[must_use]
    pub fn all_target_stats(&self) -> Vec<TargetStats> {
        self.inner.lock().all_target_stats(Instant::now())
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
