//! Counts who is inside, and can be closed for good.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::Notify;

/// Counts who is inside, and can be closed for good: then nobody enters, and one can wait for the last
/// one to leave.
#[derive(Debug, Default)]
pub(super) struct Gate {
    inside: AtomicUsize,
    is_closed: AtomicBool,
    left: Notify,
}

impl Gate {
    /// Enters, unless the gate is closed.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Pass> {
        // Counted first, then looked: who closes looks at the count after closing.
        self.inside.fetch_add(1, SeqCst);
        let pass = Pass(Arc::clone(self));
        (!self.is_closed.load(SeqCst)).then_some(pass)
    }

    pub(super) fn inside(&self) -> usize {
        self.inside.load(SeqCst)
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self) {
        self.is_closed.store(true, SeqCst);
    }

    /// Waits until nobody is inside.
    pub(super) async fn empty(&self) {
        loop {
            let left = self.left.notified();
            if self.inside() == 0 {
                return;
            }
            left.await;
        }
    }
}

/// Somebody inside. Leaves when dropped.
#[derive(Debug)]
pub(super) struct Pass(Arc<Gate>);

impl Drop for Pass {
    fn drop(&mut self) {
        if self.0.inside.fetch_sub(1, SeqCst) == 1 {
            self.0.left.notify_waiters();
        }
    }
}
