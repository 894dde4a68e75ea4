//! How many statements of a tenant may be under way: fewer, the longer they take.
//!
//! A connection that waits for a slow statement is one that others do not have, and a slow statement is
//! PostgreSQL's time that others do not have, however many connections are left.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::DbError;

/// Statements that take this long, or less, may use all of a tenant's places.
const QUICK: Duration = Duration::from_millis(20);

/// A tenant all of whose statements are slow has so many places. One is not enough where a request has a
/// transaction open, and asks for something beside it.
pub(crate) const LEAST: usize = 2;

/// So many of them are for statements that are in no transaction: a slow one takes a processor of
/// PostgreSQL's for as long as it lasts, and the next one takes another.
pub(crate) const LEAST_ALONE: usize = 1;

/// What the last statement's time counts for, of the mean.
const WEIGHT: f64 = 0.2;

/// A tenant's places for statements and transactions, and those who wait for one.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    most: usize,
    least: usize,
    pace: Mutex<Pace>,
    waiting: AtomicUsize,
    max_waiting: usize,
    patience: Duration,
}

/// How long statements take, and how many places there are for it.
#[derive(Debug)]
struct Pace {
    /// In seconds; the recent ones count more.
    mean: f64,
    places: usize,
}

/// A place, for as long as it is kept.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    places: Arc<Places>,
    taken: Instant,
}

impl Places {
    pub(crate) fn new(
        most: usize,
        least: usize,
        max_waiting: usize,
        patience: Duration,
    ) -> Arc<Self> {
        let most = most.max(1);
        Arc::new(Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            least: least.min(most),
            pace: Mutex::new(Pace { mean: 0.0, places: most }),
            waiting: AtomicUsize::new(0),
            max_waiting,
            patience,
        })
    }

    /// Takes a place, after those who came before.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Place, DbError> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(self.place(permit));
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.ahead >= self.max_waiting {
            return Err(busy());
        }
        let acquire = Arc::clone(&self.free).acquire_owned();
        match tokio::time::timeout(self.patience, acquire).await {
            Ok(Ok(permit)) => Ok(self.place(permit)),
            _ => Err(busy()),
        }
    }

    /// Whether as many wait as may.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Acquire) >= self.max_waiting
    }

    fn place(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        Place { permit: Some(permit), places: Arc::clone(self), taken: Instant::now() }
    }

    /// A place comes back that was kept for so long.
    fn give_back(&self, permit: OwnedSemaphorePermit, kept: Duration) {
        let mut pace = self.pace();
        pace.mean += WEIGHT * (kept.as_secs_f64() - pace.mean);
        let wanted = places_for(pace.mean, self.least, self.most);
        if pace.places > wanted {
            pace.places -= 1;
            permit.forget();
        } else if pace.places < wanted {
            self.free.add_permits(wanted - pace.places);
            pace.places = wanted;
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many places there are where statements take so many seconds.
fn places_for(mean: f64, least: usize, most: usize) -> usize {
    let part = (QUICK.as_secs_f64() / mean.max(f64::MIN_POSITIVE)).min(1.0);
    ((most as f64 * part) as usize).clamp(least, most)
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.places.give_back(permit, self.taken.elapsed());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_statements_have_few_places_and_quick_ones_all() {
        assert_eq!(
            [0.0, 0.001, 0.02, 0.04, 0.2, 5.0].map(|mean| places_for(mean, LEAST, 16)),
            [16, 16, 16, 8, 2, 2]
        );
        assert_eq!(places_for(5.0, LEAST_ALONE, 16), 1);
    }

    #[tokio::test]
    async fn places_go_with_slow_statements_and_come_back_with_quick_ones() {
        let places = Places::new(8, LEAST, 10, Duration::from_millis(1));
        let give_back = |kept| {
            let permit = Arc::clone(&places.free).try_acquire_owned().expect("a place is free");
            places.give_back(permit, kept);
        };
        for _ in 0..20 {
            give_back(Duration::from_secs(1));
        }
        assert_eq!((places.free.available_permits(), places.pace().places), (2, 2));
        let (_one, _two) = (places.take().await, places.take().await);
        assert_eq!(places.take().await.expect_err("no third").code(), "DATABASE_BUSY");
        drop((_one, _two));
        for _ in 0..60 {
            give_back(Duration::from_millis(1));
        }
        assert_eq!((places.free.available_permits(), places.pace().places), (8, 8));
    }
}
