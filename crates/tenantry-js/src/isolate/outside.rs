//! What the operations of an isolate have outside of its heap.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of the arguments of operations that are under way: as many at most as the heap may have.
pub(super) struct Outside {
    used: Arc<AtomicUsize>,
    most: usize,
}

/// Some of them, until it is dropped.
pub(super) struct Held {
    used: Arc<AtomicUsize>,
    size: usize,
}

impl Outside {
    pub(super) fn new(most: usize) -> Self {
        Self { used: Arc::default(), most }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// None where there is no room for so many bytes.
    pub(super) fn hold(&self, size: usize) -> Option<Held> {
        let before = self.used.fetch_add(size, Ordering::AcqRel);
        let held = Held { used: self.used.clone(), size };
        (before.saturating_add(size) <= self.most).then_some(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.used.fetch_sub(self.size, Ordering::AcqRel);
    }
}
