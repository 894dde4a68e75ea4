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

/// How long a turn that takes long goes on before it lets go of its processor for a moment.
const STRETCH: Duration = Duration::from_micros(250);
/// For how long it lets go: so that whoever waits for the processor has begun.
const MOMENT: Duration = Duration::from_micros(50);

/// For how long a load goes on without letting go.
const LOAD: Duration = Duration::from_millis(20);

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
    /// Whether its turn is given up.
    lost: AtomicBool,
    /// Held by whoever makes it step back.
    stepping: Mutex<()>,
    /// Whether it has asked for a lane in this turn.
    has_asked: AtomicBool,
    /// When it let go of its processor last, in nanoseconds since the beginning.
    rested: AtomicU64,
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
            lost: AtomicBool::new(false),
            stepping: Mutex::default(),
            has_asked: AtomicBool::new(false),
            rested: AtomicU64::new(0),
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
        // Before the watchdog sees it: what is known is of the turn before.
        actor.shared().budget.turn_begins();
        *self.actor() = Some(actor.clone());
        // With the watchdog's flag, of which one is written before the other is read on either side.
        self.since.store(nanos(clock()).max(1), Ordering::SeqCst);
    }

    /// How long the turn took.
    pub(super) fn leave(&self, lanes: &Lanes) -> Duration {
        let now = clock();
        let since = Duration::from_nanos(self.since.swap(0, Ordering::Relaxed));
        let actor = self.actor().take();
        if let Some(actor) = actor.as_ref().filter(|_| self.is_lost()) {
            actor.shared().record.has_a_thread_back();
            // A worker ends now, and tells.
            self.lost.store(!self.is_guest, Ordering::Release);
        }
        if self.has_asked.swap(false, Ordering::Relaxed) {
            lanes.leave(self.thread);
        } else if let Some(actor) = actor.filter(|_| !self.is_long()) {
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

    /// Gives up a turn that nothing ends: no more than a few of one tenant's may be, and none of the isolate's others.
    pub(super) fn give_up(&self) {
        let actor = self.actor();
        let Some(actor) = actor.as_ref().filter(|actor| actor.shared().budget.is_lost()) else {
            return;
        };
        let counts = self.is_guest || self.is_long();
        if !counts || self.lost.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = actor.shared();
        shared.record.loses_a_thread();
        shared.condemn("a task is stuck in something that nothing ends");
        if !self.is_guest
            && let Some(queue) = self.queue.upgrade()
        {
            queue.is_lost();
        }
        tracing::warn!(isolate = %shared.name, "JavaScript is stuck in native code, and has a thread for itself until it ends");
    }

    /// Whether its turn was given up.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Whether what else a guest had to do has been handed over.
    pub(super) fn is_relieved(&self) -> bool {
        self.is_relieved.load(Ordering::Acquire)
    }

    /// Wakes one of the other threads of a guest's runtime: it may be the guest that has looked for I/O and timers until
    /// now, and the others sleep until they are told.
    pub(super) fn wake_others(&self) {
        let tokio = self.actor().as_ref().map(|actor| actor.shared().tokio.clone());
        if let Some(tokio) = tokio {
            drop(tokio.spawn(async {}));
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

    /// Lets go of the processor for a moment, where it has had it for a while in a turn that takes long, and others
    /// have short ones.
    fn rest(&self) {
        // Also those that the watchdog has had step back: they never asked.
        let has_stepped_back = match self.is_guest {
            true => self.is_relieved.load(Ordering::Acquire),
            false => self.is_long(),
        };
        if !has_stepped_back {
            return;
        }
        let now = clock();
        let rested = Duration::from_nanos(self.rested.load(Ordering::Relaxed));
        if now.saturating_sub(rested) < STRETCH {
            return;
        }
        let Some(queue) = self.queue.upgrade() else { return };
        if queue.lanes.others_work(self.who(), now) && !self.has_just_begun() {
            queue.rests.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(MOMENT);
        }
        self.rested.store(nanos(clock()), Ordering::Relaxed);
    }

    /// Whether it loads an isolate that is hardly there: a load is over soon, and somebody waits for it.
    fn has_just_begun(&self) -> bool {
        let actor = self.actor();
        let since = actor.as_ref().and_then(|actor| actor.shared().loads_since());
        since.is_some_and(|since| since < LOAD)
    }

    /// The number of the code whose turn it is; 0 for none.
    fn who(&self) -> usize {
        self.actor().as_ref().map_or(0, |actor| actor.shared().record.number())
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
        // Another one has its place.
        if let Some(queue) = slot.queue.upgrade() {
            queue.guest_ended();
        }
    }
    slot.has_asked.store(true, Ordering::Relaxed);
    let Some(queue) = slot.queue.upgrade() else { return true };
    let may_go_on = queue.lanes.may_go_on(slot.thread, slot.who(), used, PATIENCE);
    if may_go_on {
        slot.rest();
    }
    may_go_on
}

/// Called by an isolate in the middle of something: a thread that has stepped back for it lets go of its processor
/// now and then.
///
/// Who wakes up on a processor where such a thread runs does not always get it at once, whatever their priorities:
/// where they are of two sessions or control groups, as a server and its PostgreSQL are, Linux lets what runs go on
/// until its slice is over, and looks at that every 4 ms or so (`sched(7)`, The autogroup feature; EEVDF's
/// `RUN_TO_PARITY`). It does so on one processor also while another one is idle.
pub(crate) fn rest() {
    // There is none while the thread ends.
    let _gone = CURRENT.try_with(|current| {
        if let Ok(current) = current.try_borrow()
            && let Some(slot) = current.as_ref()
        {
            slot.rest();
        }
    });
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
