//! How many statements may be under way: of a tenant, of a request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::DbError;

/// A number of places, and of those who may wait for one.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
}

/// A place, for as long as it is kept.
pub(crate) type Place = OwnedSemaphorePermit;

impl Places {
    pub(crate) fn new(count: usize, max_waiting: usize, patience: Duration) -> Self {
        Self {
            free: Arc::new(Semaphore::new(count.max(1))),
            waiting: AtomicUsize::new(0),
            max_waiting,
            patience,
        }
    }

    /// Takes a place, after those who came before.
    pub(crate) async fn take(&self) -> Result<Place, DbError> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.ahead >= self.max_waiting {
            return Err(busy());
        }
        let acquire = Arc::clone(&self.free).acquire_owned();
        match tokio::time::timeout(self.patience, acquire).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(busy()),
        }
    }
}

/// One who waits; gone when dropped.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    ahead: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, ahead: count.fetch_add(1, Ordering::AcqRel) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}

fn busy() -> DbError {
    DbError::new("DATABASE_BUSY", "too many queries of this tenant are under way").with_status(503)
}
