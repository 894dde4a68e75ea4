//! How many tenants are loaded at once.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::Notify;

/// Room for so many tenants.
#[derive(Debug)]
pub(super) struct Room {
    most: AtomicUsize,
    taken: Mutex<usize>,
    freed: Notify,
}

impl Room {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let (most, taken, freed) = (AtomicUsize::new(most), Mutex::new(0), Notify::new());
        Arc::new(Self { most, taken, freed })
    }

    pub(super) fn most(&self) -> usize {
        self.most.load(Relaxed)
    }

    /// A place, if one is free.
    pub(super) fn take(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        (*taken < self.most()).then(|| {
            *taken += 1;
            Place(Arc::clone(self))
        })
    }

    /// Waits until a place becomes free.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }
}

/// The place of one loaded tenant, free again when dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Room>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}
