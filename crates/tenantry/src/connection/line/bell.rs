use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// Nobody waits: whoever comes next looks first.
const FORGOTTEN: u8 = 0;
/// Somebody is about to look: there is no need to ring.
const MUTED: u8 = 1;
/// It rang since somebody began to look.
const RANG: u8 = 2;
/// Somebody waits.
const LISTENING: u8 = 3;

/// What wakes the task that uses a connection.
///
/// A connection outlives its users' tasks, and keeps the waker it was polled with last. That is the
/// bell; it wakes the task that waits now, and none that has gone. What a task's own sending rings
/// is muted, since it looks next anyway.
#[derive(Debug, Default)]
pub(super) struct Bell {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Bell {
    /// This task is to be woken.
    pub(super) fn register(&self, task: &Waker) {
        self.task.register(task);
    }

    /// The task looks now.
    pub(super) fn mute(&self) {
        self.state.store(MUTED, Ordering::SeqCst);
    }

    /// The task has seen all there was and waits, unless it rang meanwhile: then it must look again.
    pub(super) fn listen(&self) -> bool {
        self.state.compare_exchange(MUTED, LISTENING, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// The task has what it waited for.
    pub(super) fn forget(&self) {
        self.state.store(FORGOTTEN, Ordering::SeqCst);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let rung =
            self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| match state {
                MUTED | LISTENING => Some(RANG),
                _ => None,
            });
        if rung == Ok(LISTENING) {
            self.task.wake();
        }
    }
}
