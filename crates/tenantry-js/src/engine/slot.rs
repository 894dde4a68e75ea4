//! What is known of a worker from outside: since when it is inside an isolate.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::process::{Pid, setpriority_process};
use rustix::thread::gettid;

use super::guest;
use super::lanes::Lanes;
use super::queue::RunQueue;
use super::worker;
use crate::isolate::Actor;

/// How much a thread that runs long steps back: it gets what the others leave.
const NICE: i32 = 15;

/// How long a thread waits until it looks whether its time is over.
const PATIENCE: Duration = Duration::from_millis(5);

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Slot>>> = const { RefCell::new(None) };
}

/// One thread that runs isolates: a worker, or a guest of the engine's that has other things to do.
pub(super) struct Slot {
    thread: Pid,
    queue: Weak<RunQueue>,
    slice: Duration,
    /// When the turn began that it has, in nanoseconds since the beginning; 0 for none.
    since: AtomicU64,
    /// Whose turn it is.
    actor: Mutex<Option<Arc<Actor>>>,
    long: AtomicBool,
    /// Held by whoever makes it step back.
    stepping: Mutex<()>,
    /// Whether it has asked for a lane in this turn.
    has_asked: AtomicBool,
    is_guest: bool,
    /// Whether another thread has taken over what else a guest had to do in this turn.
    is_relieved: AtomicBool,
}

impl Slot {
    fn new(queue: &Arc<RunQueue>, slice: Duration, is_guest: bool) -> Arc<Self> {
        let slot = Arc::new(Self {
            thread: gettid(),
            queue: Arc::downgrade(queue),
            slice,
            since: AtomicU64::new(0),
            actor: Mutex::new(None),
            long: AtomicBool::new(false),
            stepping: Mutex::default(),
            has_asked: AtomicBool::new(false),
            is_guest,
            is_relieved: AtomicBool::new(false),
        });
        CURRENT.set(Some(slot.clone()));
        slot
    }

    /// The slot of this thread, a worker.
    pub(super) fn of_worker(queue: &Arc<RunQueue>, slice: Duration) -> Arc<Self> {
        Self::new(queue, slice, false)
    }

    /// The slot of this thread, a guest; `None` if it is a worker, or has a turn already.
    pub(super) fn of_guest(queue: &Arc<RunQueue>, slice: Duration) -> Option<Arc<Self>> {
        match CURRENT.with_borrow(Clone::clone) {
            Some(slot) if !slot.is_guest || !slot.running().is_zero() => None,
            Some(slot) if std::ptr::eq(slot.queue.as_ptr(), Arc::as_ptr(queue)) => Some(slot),
            _ => {
                let slot = Self::new(queue, slice, true);
                queue.guest_came(&slot);
                Some(slot)
            }
        }
    }

    pub(super) fn enter(&self, actor: &Arc<Actor>) {
        *self.actor() = Some(actor.clone());
        // With the watchdog's flag, of which one is written before the other is read on either side.
        let now = u64::try_from(clock().as_nanos()).unwrap_or(u64::MAX);
        self.since.store(now.max(1), Ordering::SeqCst);
    }

    /// How long the turn took.
    pub(super) fn leave(&self, lanes: &Lanes) -> Duration {
        let now = clock();
        let since = Duration::from_nanos(self.since.swap(0, Ordering::Relaxed));
        let actor = self.actor().take();
        if self.has_asked.swap(false, Ordering::Relaxed) {
            lanes.leave(self.thread);
        } else if let Some(actor) = actor {
            lanes.was_short(actor.shared().record.number(), now);
        }
        now.saturating_sub(since)
    }

    pub(super) fn is_guest(&self) -> bool {
        self.is_guest
    }

    /// Whether its turn was long. The next one starts anew.
    pub(super) fn was_long(&self) -> bool {
        self.is_relieved.store(false, Ordering::Release);
        self.long.swap(false, Ordering::AcqRel)
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
        match self.since.load(Ordering::SeqCst) {
            0 => Duration::ZERO,
            since => clock().saturating_sub(Duration::from_nanos(since)),
        }
    }

    /// Steps back for good, with a new worker in its place: what it runs takes long. False where there are too many
    /// of its kind already: then it goes on as it is.
    pub(super) fn step_back(&self) -> bool {
        if self.is_long() {
            return true;
        }
        // The watchdog may come to it at the same time.
        let _alone = self.stepping.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_long() {
            return true;
        }
        let Some(queue) = self.queue.upgrade().filter(|queue| queue.runs_long()) else {
            return false;
        };
        // First the other one: a new thread has the priority of the one that starts it, and a worker that is
        // long ends with its turn.
        if !worker::start(&queue, self.slice) {
            queue.is_not_long();
            return false;
        }
        self.long.store(true, Ordering::Release);
        if let Err(error) = setpriority_process(Some(self.thread), NICE) {
            tracing::debug!(%error, "cannot lower a thread's priority");
        }
        true
    }
}

/// The engine's clock: the time since it was first asked for.
pub(super) fn clock() -> Duration {
    BEGINNING.elapsed()
}

/// Called by an isolate that has used its slice, and so much CPU time by now: its thread makes way. Whether it may
/// go on; if not, it looks whether its time is over and asks again.
pub(crate) fn make_way(used: Duration) -> bool {
    let slot = CURRENT.with_borrow(Clone::clone);
    let Some(slot) = slot else { return true };
    if !slot.is_guest {
        if !slot.step_back() {
            return true;
        }
    } else if !slot.is_relieved.load(Ordering::Acquire) {
        slot.long.store(true, Ordering::Release);
        let is_relieved = guest::hand_over();
        slot.is_relieved.store(is_relieved, Ordering::Release);
        if !is_relieved {
            // What else this thread has to do would wait, too.
            return true;
        }
    }
    slot.has_asked.store(true, Ordering::Relaxed);
    let who = slot.actor().as_ref().map_or(0, |actor| actor.shared().record.number());
    let queue = slot.queue.upgrade();
    queue.is_none_or(|queue| queue.lanes.may_go_on(slot.thread, who, used, PATIENCE))
}
