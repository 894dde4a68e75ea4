use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use tokio::sync::{Notify, futures::Notified};

/// Tells connections that no more requests are to be read.
///
/// A connection asks each time it is polled, so asking is a read of one flag; its task is put on the
/// list of those to be woken once.
#[derive(Debug)]
pub(super) struct Stop {
    is_stopped: AtomicBool,
    told: Notify,
}

impl Stop {
    pub(super) fn new() -> Self {
        Self { is_stopped: AtomicBool::new(false), told: Notify::new() }
    }

    /// Tells all.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.told.notify_waiters();
    }

    /// What one task asks.
    pub(super) fn watch(&self) -> Watch<'_> {
        Watch { stop: self, told: Box::pin(self.told.notified()), is_listed: false }
    }
}

pub(super) struct Watch<'a> {
    stop: &'a Stop,
    told: Pin<Box<Notified<'a>>>,
    is_listed: bool,
}

impl Watch<'_> {
    /// Whether to stop. If not, the task of `cx` is woken when it is time; it has to be the same one at
    /// each call.
    pub(super) fn is_stopped(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_listed {
            self.is_listed = true;
            if let Poll::Ready(()) = self.told.as_mut().poll(cx) {
                return true;
            }
        }
        self.stop.is_stopped.load(Ordering::Acquire)
    }
}
