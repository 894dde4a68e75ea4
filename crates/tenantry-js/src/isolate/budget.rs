//! What the interrupt handler counts: the CPU time and the deadline of the task that runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::heap::Heap;
use super::record::Record;
use crate::engine::make_way;

/// An event that takes longer makes way for the others.
const LONG: Duration = Duration::from_millis(2);

/// How long work may go without asking, beside twice the CPU limit.
const STUCK: Duration = Duration::from_millis(200);

/// How long after that it is given up.
const LOST: Duration = Duration::from_millis(500);

/// An event that has not asked for so long is not waited for: what it does asks rarely, or its thread
/// gets hardly any time.
const DEAF: Duration = Duration::from_millis(20);

/// Why JavaScript was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Cpu,
    Wall,
    Memory,
    /// Its caller went away.
    Cancelled,
}

/// The account of one isolate: what the event that runs may still use.
#[derive(Debug)]
pub(crate) struct Budget {
    /// The task that runs, 0 for none.
    running: AtomicU64,
    /// The task that was cancelled last while it ran.
    cancelled: AtomicU64,
    /// The CPU time of a task.
    cpu_nanos: AtomicU64,
    heap: Arc<Heap>,
    record: Record,
    /// Whether the isolate is being freed, which asks nobody.
    freeing: AtomicBool,
    event: Mutex<EventAccount>,
}

#[derive(Debug)]
struct EventAccount {
    /// What the task had used before this event.
    before: Duration,
    started: Instant,
    deadline: Instant,
    /// The thread's CPU clock at the handler's first call, and what had passed till then.
    mark: Option<(Duration, Duration)>,
    stop: Option<Stop>,
    /// When the handler was called last.
    asked: Instant,
}

impl Budget {
    pub(crate) fn new(cpu_limit: Duration, heap: Arc<Heap>, record: Record) -> Self {
        let now = Instant::now();
        Self {
            running: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            cpu_nanos: AtomicU64::new(nanos(cpu_limit)),
            heap,
            record,
            freeing: AtomicBool::new(false),
            event: Mutex::new(EventAccount {
                before: Duration::ZERO,
                started: now,
                deadline: now,
                mark: None,
                stop: None,
                asked: now,
            }),
        }
    }

    /// Sets the limit, for what begins and for what runs.
    pub(crate) fn limit(&self, cpu_limit: Duration) {
        self.cpu_nanos.store(nanos(cpu_limit), Ordering::Release);
    }

    pub(crate) fn cpu_limit(&self) -> Duration {
        Duration::from_nanos(self.cpu_nanos.load(Ordering::Acquire))
    }

    fn event(&self) -> MutexGuard<'_, EventAccount> {
        self.event.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The isolate has waited for its turn, which is none of what it takes.
    pub(crate) fn turn_begins(&self) {
        let mut event = self.event();
        event.asked = Instant::now();
        self.heap.starve(false);
    }

    /// An event of a task begins.
    pub(crate) fn begin(&self, task: u64, used: Duration, deadline: Instant) {
        let now = Instant::now();
        self.heap.stop(false);
        *self.event() = EventAccount {
            before: used,
            started: now,
            deadline,
            mark: None,
            stop: None,
            asked: now,
        };
        self.running.store(task, Ordering::Release);
    }

    /// The event ends: what it used, and why it was stopped.
    pub(crate) fn end(&self) -> (Duration, Option<Stop>) {
        self.running.store(0, Ordering::Release);
        let mut event = self.event();
        event.stop = event.stop.or_else(|| self.refused_memory());
        self.heap.stop(false);
        // A loop in C may have ended by itself: it counts all the same.
        if event.stop.is_none() && event.mark.is_some() && event.over(self.cpu_limit()) {
            event.stop = Some(Stop::Cpu);
        }
        (event.used(), event.stop)
    }

    /// Why the running event was stopped, if it was.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.event().stop
    }

    /// Begins to run what a stopped event left, which is stopped wherever it asks.
    pub(crate) fn bury(&self, why: Stop) {
        self.event().stop = Some(why);
    }

    /// Called by the watchdog: work that has not asked whether to go on for far longer than it may
    /// take gets no memory any more, and ends there.
    pub(crate) fn starve_if_stuck(&self) {
        let event = self.event();
        if event.asked.elapsed() > self.cpu_limit() * 2 + STUCK {
            self.heap.starve(true);
        }
    }

    /// Whether what runs has gone on for far longer than it may, without asking and without memory: nothing ends it.
    pub(crate) fn is_lost(&self) -> bool {
        let asked = self.event().asked;
        let is_freed = self.freeing.load(Ordering::Acquire);
        !is_freed && asked.elapsed() > self.cpu_limit() * 2 + STUCK + LOST
    }

    /// The isolate is about to be freed.
    pub(crate) fn frees(&self) {
        self.freeing.store(true, Ordering::Release);
    }

    /// Whether an event of this task runs that has not asked for a while whether to go on.
    pub(crate) fn is_deaf(&self, task: u64) -> bool {
        let asked = self.event().asked;
        self.runs(task) && asked.elapsed() > DEAF
    }

    fn runs(&self, task: u64) -> bool {
        self.running.load(Ordering::Acquire) == task
    }

    /// A task's caller went away.
    pub(crate) fn cancel(&self, task: u64) {
        if self.runs(task) {
            self.cancelled.store(task, Ordering::Release);
        }
    }

    /// QuickJS asks whether to go on: true stops it, past every `catch` and `finally`.
    pub(crate) fn interrupt(&self) -> bool {
        let is_stopped = self.is_to_stop();
        if is_stopped {
            self.heap.stop(true);
        }
        is_stopped
    }

    /// Why memory was refused, if it was: because there is no more, or because it did not ask.
    fn refused_memory(&self) -> Option<Stop> {
        match (self.heap.denied(), self.heap.starved()) {
            (true, _) => Some(Stop::Memory),
            (false, true) => Some(Stop::Cpu),
            (false, false) => None,
        }
    }

    fn is_to_stop(&self) -> bool {
        loop {
            if let Some(is_stopped) = self.decide() {
                return is_stopped;
            }
        }
    }

    /// Whether it is to be stopped; none while it has to wait for others.
    fn decide(&self) -> Option<bool> {
        let mut event = self.event();
        if event.stop.is_some() {
            return Some(true);
        }
        event.asked = Instant::now();
        if let Some(stop) = self.refused_memory() {
            event.stop = Some(stop);
            return Some(true);
        }
        let running = self.running.load(Ordering::Acquire);
        if running != 0 && self.cancelled.load(Ordering::Acquire) == running {
            event.stop = Some(Stop::Cancelled);
            return Some(true);
        }
        if event.mark.is_none() {
            event.mark = Some((thread_cpu(), event.started.elapsed()));
        }
        if event.over(self.cpu_limit()) {
            event.stop = Some(Stop::Cpu);
        } else if Instant::now() > event.deadline {
            event.stop = Some(Stop::Wall);
        }
        if event.stop.is_some() {
            return Some(true);
        }
        let took = event.took();
        drop(event);
        if took <= LONG {
            return Some(false);
        }
        self.record.takes_long();
        make_way(took).then_some(false)
    }
}

impl EventAccount {
    fn over(&self, limit: Duration) -> bool {
        self.before + self.used() > limit
    }

    /// By CPU time alone: a thread that has waited for a processor is not to make way for others.
    fn took(&self) -> Duration {
        self.mark.map_or(Duration::ZERO, |(mark, _)| thread_cpu().saturating_sub(mark))
    }

    /// Wall time stands for CPU time until the handler has been called once: events are short.
    fn used(&self) -> Duration {
        match self.mark {
            None => self.started.elapsed(),
            Some((_, till)) => till + self.took(),
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The CPU time of this thread.
fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_turn_is_not_stuck() {
        let heap = Heap::new(1 << 20);
        let budget = Budget::new(Duration::ZERO, Arc::clone(&heap), Record::default());
        std::thread::sleep(STUCK + Duration::from_millis(10));
        budget.starve_if_stuck();
        assert!(!heap.allows(100));
        budget.turn_begins();
        budget.starve_if_stuck();
        assert!(heap.allows(100));
    }

    /// Where there is no memory for the error that stops it, what catches everything goes on for ever.
    #[test]
    fn what_is_stopped_has_memory_for_the_error_that_says_so() {
        let heap = Heap::new(1 << 20);
        let budget = Budget::new(Duration::from_secs(1), Arc::clone(&heap), Record::default());
        for starve in [true, false] {
            budget.begin(1, Duration::ZERO, Instant::now() + Duration::from_secs(1));
            if starve {
                heap.starve(true);
            }
            assert!(!heap.allows(2 << 20), "it is starved, or asks for too much");
            assert!(!heap.allows(100), "it gets nothing until it is stopped");
            assert!(budget.interrupt());
            assert!(heap.allows(100) && !heap.allows(2 << 20));
            assert!(budget.interrupt(), "it is stopped wherever it asks");
            let stop = if starve { Stop::Cpu } else { Stop::Memory };
            assert_eq!(budget.end().1, Some(stop));
        }
    }
}
