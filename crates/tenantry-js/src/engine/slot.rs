//! What is known of a worker from outside: since when it is inside an isolate.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::process::{Pid, setpriority_process};
use rustix::thread::gettid;

use super::queue::RunQueue;
use super::worker;
use crate::isolate::Actor;

/// How much a thread that runs long steps back: it gets what the others leave.
const NICE: i32 = 15;

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Slot>>> = const { RefCell::new(None) };
}

/// One worker thread.
pub(super) struct Slot {
    thread: Pid,
    queue: Weak<RunQueue>,
    slice: Duration,
    /// When the turn began that it has, in nanoseconds since the beginning; 0 for none.
    since: AtomicU64,
    /// Whose turn it is.
    actor: Mutex<Option<Arc<Actor>>>,
    long: AtomicBool,
}

impl Slot {
    /// The slot of this thread.
    pub(super) fn of_this_thread(queue: &Arc<RunQueue>, slice: Duration) -> Arc<Self> {
        let slot = Arc::new(Self {
            thread: gettid(),
            queue: Arc::downgrade(queue),
            slice,
            since: AtomicU64::new(0),
            actor: Mutex::new(None),
            long: AtomicBool::new(false),
        });
        CURRENT.set(Some(slot.clone()));
        slot
    }

    pub(super) fn enter(&self, actor: &Arc<Actor>) {
        *self.actor() = Some(actor.clone());
        self.since.store(now().max(1), Ordering::Relaxed);
    }

    pub(super) fn leave(&self) {
        self.since.store(0, Ordering::Relaxed);
        *self.actor() = None;
    }

    fn actor(&self) -> MutexGuard<'_, Option<Arc<Actor>>> {
        self.actor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has an isolate that is stuck in C code end there, when it is past its limit.
    pub(super) fn starve(&self) {
        let actor = self.actor().clone();
        if let Some(actor) = actor {
            actor.shared().budget.starve_if_stuck();
        }
    }

    pub(super) fn is_long(&self) -> bool {
        self.long.load(Ordering::Acquire)
    }

    /// How long the turn lasts that it has.
    pub(super) fn running(&self) -> Duration {
        match self.since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => Duration::from_nanos(now().saturating_sub(since)),
        }
    }

    /// Steps back for good, with a new worker in its place: what it runs takes long.
    pub(super) fn step_back(&self) {
        if self.long.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Err(error) = setpriority_process(Some(self.thread), NICE) {
            tracing::debug!(%error, "cannot lower a thread's priority");
        }
        if let Some(queue) = self.queue.upgrade()
            && queue.runs_long()
        {
            worker::start(&queue, self.slice);
        }
    }
}

fn now() -> u64 {
    u64::try_from(BEGINNING.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Called by an isolate that has used its slice and goes on: its thread makes way.
pub(crate) fn make_way() {
    let slot = CURRENT.with_borrow(Clone::clone);
    if let Some(slot) = slot {
        slot.step_back();
    }
}
